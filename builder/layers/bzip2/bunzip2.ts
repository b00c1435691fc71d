import { invalid } from '../tar/limits.ts'
import { BitInput } from './bits.ts'
import { type Block, readBlock } from './block.ts'

const blockMark = 0x314159265359
const endMark = 0x177245385090
const pieceSize = 1 << 17

/**
 * Decompresses bzip2, several streams one after the other included. Every checksum is checked, blocks after their bytes were
 * handed out. ARCHIVE_INVALID for damaged data and for anything after the last stream.
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const bits = new BitInput(source)
  let links = new Uint32Array(0)
  try {
    while (await bits.fill()) {
      const most = 100_000 * readLevel(bits)
      if (most > links.length) links = new Uint32Array(most)
      yield* readStream(bits, links.subarray(0, most))
    }
  } catch (error) {
    throw bits.overrun ? invalid('bzip2 data is cut short', error) : error
  } finally {
    await bits.close()
  }
}

/** Reads a stream after its level. `links` is where its blocks are worked on. */
async function* readStream(bits: BitInput, links: Uint32Array): AsyncGenerator<Uint8Array, void, undefined> {
  let combined = 0
  for (let mark = readMark(bits); mark !== endMark; mark = readMark(bits)) {
    if (mark !== blockMark) throw invalid('damaged bzip2 data: neither a block nor the end')
    const block = readBlock(bits, links)
    yield* expand(links, block)
    combined = (((combined << 1) | (combined >>> 31)) ^ block.crc) >>> 0
    await bits.fill()
  }
  const wanted = ((bits.take(16) << 16) | bits.take(16)) >>> 0
  if (bits.overrun) throw invalid('bzip2 data is cut short')
  if (wanted !== combined) throw invalid('damaged bzip2 data: the checksum of a stream is wrong')
  bits.align()
}

function readLevel(bits: BitInput): number {
  const magic = bits.take(24)
  const level = bits.take(8) - 0x30
  if (magic !== 0x425a68 || level < 1 || level > 9) throw invalid('not bzip2 data, or something follows it')
  return level
}

function readMark(bits: BitInput): number {
  return bits.take(24) * 2 ** 24 + bits.take(24)
}

/** Follows the chain of a block and undoes its runs: four equal bytes are followed by how many more there are. */
function* expand(links: Uint32Array, { length, start, crc }: Block): Generator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(pieceSize)
  let filled = 0
  let sum = 0xffffffff
  let at = start
  let equal = 0
  let last = -1
  for (let i = 0; i < length; i++) {
    const link = links[at] ?? 0
    const byte = link & 0xff
    at = link >>> 8
    let times = 1
    if (equal === 4) {
      times = byte
      equal = 0
    } else {
      equal = byte === last ? equal + 1 : 1
      last = byte
    }
    for (; times > 0; times--) {
      piece[filled++] = last
      sum = (sum << 8) ^ (crcTable[(sum >>> 24) ^ last] ?? 0)
    }
    if (filled > pieceSize - 256) {
      yield piece.subarray(0, filled)
      piece = new Uint8Array(pieceSize)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
  if (~sum >>> 0 !== crc) throw invalid('damaged bzip2 data: the checksum of a block is wrong')
}

/** CRC-32 with the most significant bit first, as bzip2 uses it. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0)
  return crc
})
