/** Cuts a stream into blocks of exactly `size` bytes, the last one shorter; each is memory of its own. No bytes, no block. */
export async function* blocksOf(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let block = Buffer.allocUnsafeSlow(size)
  let filled = 0
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(piece.length - at, size - filled)
      block.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < size) continue
      yield block
      block = Buffer.allocUnsafeSlow(size)
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}
