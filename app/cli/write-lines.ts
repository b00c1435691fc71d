import { once } from 'node:events'

/** Text is handed over in pieces of about this many characters. */
const pieceSize = 64 * 1024
/** Milliseconds. */
const longestWait = 50

/** Writes texts to stdout no faster than they are taken, so that there may be millions of them. */
export async function writeLines(lines: Iterable<string>): Promise<void> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < pieceSize) continue
    await write(piece)
    piece = ''
  }
  if (piece !== '') await write(piece)
}

/** The same of texts that come in their time: what there is is written before the next is waited for long. */
export async function writePieces(lines: AsyncIterable<string>): Promise<void> {
  let piece = ''
  let writtenAt = 0
  for await (const line of lines) {
    piece += line
    if (piece.length < pieceSize && Date.now() - writtenAt < longestWait) continue
    await write(piece)
    piece = ''
    writtenAt = Date.now()
  }
  if (piece !== '') await write(piece)
}

/** The same of pieces that are large by themselves: none is waited for. */
export async function writeAll(pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const piece of pieces) await write(piece)
}

async function write(piece: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
}
