import { blockSize, hasValidChecksum, isZeroBlock } from './header.ts'

/** Whether bytes (512 or more) begin a tar archive with a member: by its checksum, so that v7 counts too. */
export function isTar(firstBytes: Uint8Array): boolean {
  if (firstBytes.byteLength < blockSize) return false
  const block = Buffer.from(firstBytes.buffer, firstBytes.byteOffset, blockSize)
  return !isZeroBlock(block) && hasValidChecksum(block)
}
