import { open } from 'node:fs/promises'

/**
 * Writes a new file, that only its owner can read unless `mode` says otherwise. It is closed when this settles; the part of
 * one that failed stays. EEXIST.
 */
export async function writeOwn(file: string, pieces: AsyncIterable<Uint8Array>, mode = 0o600): Promise<void> {
  const handle = await open(file, 'wx', mode)
  try {
    for await (const piece of pieces) {
      for (let done = 0; done < piece.byteLength; ) done += (await handle.write(piece, done)).bytesWritten
    }
  } finally {
    await handle.close()
  }
}
