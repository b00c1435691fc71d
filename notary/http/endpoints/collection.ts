import type { WebRequest } from '../../../shared/web/request.ts'
import { withWholeBody } from '../../../shared/web/whole-body.ts'
import { PublishError, refused } from '../../service/publish-error.ts'
import { isRole } from '../../tuf/role.ts'
import type { RoleName } from '../../tuf/types.ts'
import { callerOf, changedGun, type EndpointContext, type Methods } from '../endpoint.ts'
import { boundaryOf, readParts } from '../multipart.ts'
import type { Reply } from '../reply.ts'
import { WebError } from '../web-error.ts'

const done: Reply = { status: 200, headers: {} }

export const collectionMethods: Methods<'collection'> = {
  POST: (request, { gun: text }) => {
    const gun = changedGun(text)
    return {
      wish: { kind: 'collection', gun, actions: ['pull', 'push'] },
      async run(context) {
        if (context.isDraining()) throw new PublishError('UNAVAILABLE')
        await withUpload(request, context, (files) => context.service.publish(gun, files, callerOf(request)))
        return done
      },
    }
  },
  DELETE: (request, { gun: text }) => {
    const gun = changedGun(text)
    return {
      wish: { kind: 'collection', gun, actions: ['*'] },
      async run({ service }) {
        await service.remove(gun, callerOf(request))
        return done
      },
    }
  },
}

type Files = ReadonlyMap<RoleName, Uint8Array>

async function withUpload(
  request: WebRequest,
  { limits, bodies: memory }: EndpointContext,
  work: (files: Files) => Promise<void>,
): Promise<void> {
  const boundary = boundaryOf(request.headers['content-type'])
  if (request.headers['content-encoding'] !== undefined) throw refused('MALFORMED_UPLOAD', 'the upload is compressed')
  const options = { ...limits, most: limits.uploadBytes, memory, tooLarge: () => tooLarge(limits.uploadBytes), tooSlow }
  await withWholeBody(request, options, (bytes) =>
    work(filesIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), boundary, limits.uploadFiles)),
  )
}

/** Files by the role that their name says. Errors: MALFORMED_UPLOAD, NO_FILENAME, INVALID_ROLE. */
function filesIn(body: Buffer, boundary: string, most: number): Files {
  const files = new Map<RoleName, Uint8Array>()
  for (const { filename, content } of readParts(body, boundary, most)) {
    if (filename === '') throw new PublishError('NO_FILENAME')
    const role = filename.replace(/\.json$/, '')
    if (!isRole(role)) throw new PublishError('INVALID_ROLE', { detail: role.slice(0, 100) })
    if (files.has(role)) throw refused('MALFORMED_UPLOAD', `the upload has two files for the role ${role}`)
    files.set(role, content)
  }
  return files
}

function tooLarge(most: number): WebError {
  const message = `an upload has ${most} bytes at most`
  return new WebError(413, 'TOO_LARGE', message, { headers: { Connection: 'close' } })
}

function tooSlow(): WebError {
  return new WebError(408, 'TIMEOUT', 'the body comes too slowly', { headers: { Connection: 'close' } })
}
