import { read } from 'node:fs'
import { promisify } from 'node:util'

const readAsync = promisify(read)

const pieceSize = 512 * 1024

/** Up to `size` bytes of an open file from `start` on, in pieces; fewer when the file ends before. */
export async function* readPieces(fd: number, start: number, size: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const length = Math.min(pieceSize, size - done)
    const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafeSlow(length), 0, length, start + done)
    if (bytesRead === 0) return
    done += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
