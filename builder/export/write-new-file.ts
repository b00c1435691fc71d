import { open } from 'node:fs/promises'

/**
 * Writes bytes to a file that is not there yet. When this settles, whatever it comes to, the file is closed: nothing is
 * still about to make it behind the back of one who then removes it.
 */
export async function writeNewFile(file: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, 'wx', 0o666)
  try {
    for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) await handle.writeFile(piece)
  } finally {
    await handle.close()
  }
}
