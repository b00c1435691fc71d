import { HttpFailure } from './failure.ts'
import type { HttpAnswer } from './types.ts'

/** So much must come in so long a time of waiting, or it is given up. */
export interface Pace {
  readonly bytes: number
  readonly milliseconds: number
}

/** About 1 KiB a second. */
export const slowestPace: Pace = { bytes: 64 * 1024, milliseconds: 60_000 }

/**
 * The pieces of an answer as long as they come fast enough: a server that sends a byte now and then would never be idle. The
 * time that the reader takes is not counted. Errors: HttpFailure of kind `timeout`.
 */
export async function* atPace({ body, url }: HttpAnswer, { bytes, milliseconds }: Pace): AsyncGenerator<Uint8Array> {
  let [came, waited] = [0, 0]
  let from = performance.now()
  for await (const piece of body) {
    came += piece.length
    waited += performance.now() - from
    if (waited >= milliseconds) {
      if (came < bytes) throw new HttpFailure('timeout', `${url.host}: it sends too slowly`)
      came = 0
      waited = 0
    }
    yield piece
    from = performance.now()
  }
}
