import type { OutgoingHttpHeaders } from 'node:http'
import type { WebRequest } from '../../../shared/web/request.ts'
import { PublishError } from '../../service/publish-error.ts'
import type { StoredFile } from '../../store/collection-types.ts'
import { askedGun, type Methods } from '../endpoint.ts'
import { contentHeaders, type Reply } from '../reply.ts'

export const fileMethods: Methods<'file'> = {
  GET: (request, { gun: text, query }) => {
    const gun = askedGun(text)
    const kind = 'version' in query || 'hash' in query ? 'consistent' : 'current'
    return {
      wish: { kind: 'collection', gun, actions: ['pull'] },
      async run({ service, cache }) {
        const file = await service.file(gun, query)
        if (file === undefined) throw new PublishError('METADATA_NOT_FOUND', { detail: {} }) // as stock servers have it
        return fileReply(request, file, cacheControl(request, cache()[kind]))
      },
    }
  },
}

/** Whoever stands between keeps nothing for others of what was asked for with credentials. */
export function cacheControl({ headers }: Pick<WebRequest, 'headers'>, seconds: number): string {
  if (seconds === 0) return 'no-cache, no-store, max-age=0'
  if (headers.authorization !== undefined) return `private, max-age=${seconds}, must-revalidate`
  return `public, max-age=${seconds}, s-maxage=${seconds}, must-revalidate`
}

function fileReply({ headers }: WebRequest, file: StoredFile, caching: string): Reply {
  const known: OutgoingHttpHeaders = fileHeaders(file, caching)
  if (isKnown(headers['if-none-match'], file)) return { status: 304, headers: known }
  return { status: 200, headers: { ...known, 'Content-Type': 'application/json' }, body: file.bytes }
}

/** What is told of a file, also where who asks has it already. */
export function fileHeaders({ sha256, storedAt }: StoredFile, caching: string): OutgoingHttpHeaders {
  return {
    'Cache-Control': caching,
    ETag: `"${sha256}"`,
    'Last-Modified': new Date(storedAt).toUTCString(),
    ...contentHeaders,
  }
}

function isKnown(asked: string | undefined, { sha256 }: StoredFile): boolean {
  if (asked === undefined) return false
  return asked.split(',').some((one) => ['*', `"${sha256}"`].includes(one.trim().replace(/^W\//, '')))
}
