import { HttpFailure } from './failure.ts'
import { atPace, slowestPace } from './pace.ts'
import { type HttpAnswer, headerOf } from './types.ts'

/** The whole body, at most `most` bytes. Errors: {@link HttpFailure} of kind `size`, before it is read where its length is told. */
export async function readBody(answer: HttpAnswer, most: number): Promise<Buffer> {
  const told = Number(headerOf(answer, 'content-length'))
  if (told > most) throw await tooLong(answer, most)
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of atPace(answer, slowestPace)) {
    size += piece.length
    if (size > most) throw await tooLong(answer, most)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function tooLong({ body, url }: HttpAnswer, most: number): Promise<HttpFailure> {
  await body.discard()
  return new HttpFailure('size', `${url.host}: its answer has more than ${most} bytes`)
}
