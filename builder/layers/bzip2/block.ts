import { invalid } from '../tar/limits.ts'
import type { BitInput } from './bits.ts'
import type { HuffmanCode } from './huffman.ts'
import { type BlockTables, moveToFront, readTables } from './tables.ts'

const groupSize = 50

/** A block before the last step: a chain through `links` (next place times 256 plus byte), `length` long. */
export interface Block {
  readonly length: number
  readonly start: number
  readonly crc: number
}

/** Reads one block, without its mark, into `links`, whose length is the most that a block of this stream may have. */
export function readBlock(bits: BitInput, links: Uint32Array): Block {
  const crc = ((bits.take(16) << 16) | bits.take(16)) >>> 0
  if (bits.take(1) === 1) throw invalid('bzip2 data of a version before 0.9.5 is not read')
  const origin = bits.take(24)
  const tables = readTables(bits)
  const counts = new Uint32Array(256)
  const length = readSymbols(bits, { ...tables, links, counts })
  if (bits.overrun) throw invalid('bzip2 data is cut short')
  if (origin >= length) throw invalid('damaged bzip2 data: a block starts beyond its end')
  linkUp(links, counts, length)
  return { length, start: (links[origin] ?? 0) >>> 8, crc }
}

interface Target extends BlockTables {
  readonly links: Uint32Array
  readonly counts: Uint32Array
}

/**
 * Decodes the symbols of a block to bytes: 0 and 1 are digits of a run's length in bijective base 2, the last one ends the
 * block, the others are places in a move-to-front list.
 */
function readSymbols(bits: BitInput, target: Target): number {
  const { bytes, links, counts } = target
  const next = symbolSource(bits, target)
  const order = Uint8Array.from(bytes)
  let length = 0
  let run = 0
  let digit = 1
  for (;;) {
    const symbol = next()
    if (symbol < 2) {
      run += digit << symbol
      digit <<= 1
      if (run > links.length) throw invalid('damaged bzip2 data: a run is too long')
      continue
    }
    if (run > 0) {
      length = addRun(target, order[0] ?? 0, [length, run])
      run = 0
      digit = 1
    }
    if (symbol === bytes.length + 1) return length
    const byte = moveToFront(order, symbol - 1)
    if (length >= links.length) throw invalid('damaged bzip2 data: a block is too long')
    counts[byte] = (counts[byte] ?? 0) + 1
    links[length++] = byte
  }
}

/** Takes symbols, with the next selector's code after every 50. */
function symbolSource(bits: BitInput, { codes, selectors }: BlockTables): () => number {
  let group = 0
  let left = 0
  let code: HuffmanCode | undefined
  return () => {
    if (left-- === 0) {
      code = codes[selectors[group++] ?? codes.length]
      left = groupSize - 1
    }
    if (code === undefined) throw invalid('damaged bzip2 data: too few selectors')
    return code.take(bits)
  }
}

function addRun({ links, counts }: Target, byte: number, [length, run]: [number, number]): number {
  const end = length + run
  if (end > links.length) throw invalid('damaged bzip2 data: a block is too long')
  links.fill(byte, length, end)
  counts[byte] = (counts[byte] ?? 0) + run
  return end
}

/** Undoes the Burrows-Wheeler sort: each byte's place gets the number of the place that comes before it in order. */
function linkUp(links: Uint32Array, counts: Uint32Array, length: number): void {
  let sum = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] ?? 0
    counts[byte] = sum
    sum += count
  }
  for (let i = 0; i < length; i++) {
    const byte = (links[i] ?? 0) & 0xff
    const place = counts[byte] ?? 0
    counts[byte] = place + 1
    links[place] = (links[place] ?? 0) | (i << 8)
  }
}
