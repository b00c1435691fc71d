import { open } from 'node:fs/promises'

/** The first bytes of a file, at most so many: one that grows, or is a device, is not read on and on. Errors: those of the system. */
export async function readStart(path: string, most: number): Promise<Buffer> {
  await using handle = await open(path, 'r')
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0)
  return buffer.subarray(0, bytesRead)
}
