import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { NotaryService } from '../service/types.ts'
import type { StoredFile } from '../store/collection-types.ts'
import { isGun } from '../tuf/gun.ts'
import type { Gun } from '../tuf/types.ts'
import type { CacheTimes } from './endpoint.ts'
import { cacheControl, fileHeaders } from './endpoints/file.ts'
import type { Reply } from './reply.ts'

const [before, after] = ['/v2/', '/_trust/tuf/timestamp.json']
/** Targets of requests whose GUN is remembered. */
const mostTargets = 4096

export interface ShortAnswerParts {
  readonly service: Pick<NotaryService, 'peekTimestamp'>
  readonly cache: () => CacheTimes
}

/**
 * Answers what clients ask for most: for a timestamp that is in memory, where nobody has to be allowed. Undefined for all else, which
 * goes the long way.
 */
export function shortAnswer({ service, cache }: ShortAnswerParts): (message: IncomingMessage) => Reply | undefined {
  const guns = new Map<string, Gun>()
  const replies = new WeakMap<StoredFile, { readonly reply: Reply; readonly seconds: number }>()
  return ({ method, url = '', headers }) => {
    if (method !== 'GET' || !url.endsWith(after) || !isPlain(headers)) return undefined
    const gun = guns.get(url) ?? gunIn(url, guns)
    const file = gun === undefined ? undefined : service.peekTimestamp(gun)
    if (file === undefined) return undefined
    const seconds = cache().current
    const known = replies.get(file)
    if (known?.seconds === seconds) return known.reply
    const reply = replyWith(file, cacheControl({ headers }, seconds))
    replies.set(file, { reply, seconds })
    return reply
  }
}

/** Nothing in the request has a say in the answer. */
function isPlain(headers: IncomingMessage['headers']): boolean {
  return headers['if-none-match'] === undefined && headers.authorization === undefined
}

function gunIn(url: string, guns: Map<string, Gun>): Gun | undefined {
  const text = url.startsWith(before) ? url.slice(before.length, -after.length) : ''
  if (!isGun(text)) return undefined
  if (guns.size >= mostTargets) guns.clear()
  guns.set(url, text)
  return text
}

function replyWith(file: StoredFile, caching: string): Reply {
  const headers: OutgoingHttpHeaders = { ...fileHeaders(file, caching), 'Content-Type': 'application/json' }
  return { status: 200, headers, body: file.bytes }
}
