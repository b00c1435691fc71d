import * as web from '../../shared/web/body.ts'
import { RegistryError } from '../protocol/error.ts'
import type { HttpLimits } from './limits.ts'

/** How slowly a body may come. */
export type BodyLimits = Pick<HttpLimits, 'slowBodyTime' | 'slowBodyBytes'>

/** The body of a request, as it comes; rejects as {@link web.bodyOf} does, with status 408 when the client sends too slowly. */
export function bodyOf(
  request: web.BodyRequest,
  { slowBodyTime, slowBodyBytes }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  return web.bodyOf(request, { slowBodyTime, slowBodyBytes, tooSlow })
}

export function tooSlow(): RegistryError {
  const headers = { Connection: 'close' }
  return new RegistryError('BLOB_UPLOAD_INVALID', 'the body comes too slowly', { status: 408, headers })
}
