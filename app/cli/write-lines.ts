import { once } from 'node:events'

/** Text is handed over in pieces of about this many characters. */
const pieceSize = 64 * 1024

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

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
