import * as web from '../../shared/web/whole-body.ts'
import { RegistryError } from '../protocol/error.ts'
import { type BodyLimits, tooSlow } from './body.ts'

/** Memory for bodies that are held as a whole, of all requests together. */
export class BodyMemory extends web.BodyMemory {
  /** `budget` in bytes. Errors of {@link web.BodyMemory.take}: TOOMANYREQUESTS. */
  constructor(budget: number) {
    super(budget, tooMany)
  }
}

function tooMany(): RegistryError {
  const message = 'more manifests are being pushed than the registry can hold: try again'
  return new RegistryError('TOOMANYREQUESTS', message, { headers: { 'Retry-After': '5' } })
}

export interface WholeBodyOptions extends BodyLimits {
  /** Bytes that the body may have. */
  readonly most: number
  readonly tooLarge: () => RegistryError
  readonly memory: BodyMemory
}

/** Works with the whole body; see {@link web.withWholeBody}. */
export async function withWholeBody<T>(
  request: web.WholeBodyRequest,
  options: WholeBodyOptions,
  work: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  return web.withWholeBody(request, { ...options, tooSlow }, work)
}
