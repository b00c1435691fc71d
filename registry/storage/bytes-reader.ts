import type { BlobReader } from './blob-types.ts'

/** A reader of bytes in memory. */
export function bytesReader(bytes: Uint8Array): BlobReader {
  return {
    size: bytes.byteLength,
    read: async (target, position) => copyBytes(bytes, target, position),
    close: async () => undefined,
  }
}

/** Fills `target` with the bytes from `position` on, and gives their count. */
export function copyBytes(bytes: Uint8Array, target: Uint8Array, position: number): number {
  const part = bytes.subarray(position, position + target.byteLength)
  target.set(part)
  return part.byteLength
}
