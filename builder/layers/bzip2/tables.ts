import { invalid } from '../tar/limits.ts'
import type { BitInput } from './bits.ts'
import { HuffmanCode } from './huffman.ts'

/** What stands at the head of a block: which bytes occur, the codes, and which code each group of 50 symbols uses. */
export interface BlockTables {
  /** The bytes that occur, ascending. */
  readonly bytes: Uint8Array
  readonly codes: readonly HuffmanCode[]
  readonly selectors: Uint8Array
}

/** Reads the tables of a block. */
export function readTables(bits: BitInput): BlockTables {
  const bytes = usedBytes(bits)
  const groups = bits.take(3)
  if (groups < 2 || groups > 6) throw invalid('damaged bzip2 data: a wrong number of code tables')
  const selectors = readSelectors(bits, groups)
  const codes = Array.from({ length: groups }, () => new HuffmanCode(readLengths(bits, bytes.length + 2)))
  return { bytes, codes, selectors }
}

/** A map of 16 ranges, then for each that is used a map of its 16 bytes. */
function usedBytes(bits: BitInput): Uint8Array {
  const ranges = bits.take(16)
  const used: number[] = []
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const map = bits.take(16)
    for (let i = 0; i < 16; i++) if ((map & (0x8000 >> i)) !== 0) used.push(range * 16 + i)
  }
  if (used.length === 0) throw invalid('damaged bzip2 data: a block without bytes')
  return Uint8Array.from(used)
}

/** Places in a move-to-front list, each as that many ones and a zero. */
function readSelectors(bits: BitInput, groups: number): Uint8Array {
  const selectors = new Uint8Array(bits.take(15))
  if (selectors.length === 0) throw invalid('damaged bzip2 data: a block without selectors')
  const order = Uint8Array.of(0, 1, 2, 3, 4, 5)
  for (let i = 0; i < selectors.length; i++) {
    let place = 0
    while (bits.take(1) === 1) if (++place >= groups) throw invalid('damaged bzip2 data: a wrong selector')
    selectors[i] = moveToFront(order, place)
  }
  return selectors
}

/** Takes out what stands at `place`, puts it first and returns it. */
export function moveToFront(order: Uint8Array, place: number): number {
  const value = order[place] ?? 0
  if (place < 16) for (let i = place; i > 0; i--) order[i] = order[i - 1] ?? 0
  else order.copyWithin(1, 0, place)
  order[0] = value
  return value
}

/** The first length, then for each symbol steps up (10) or down (11) until a 0. */
function readLengths(bits: BitInput, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols)
  let length = bits.take(5)
  for (let symbol = 0; symbol < symbols; symbol++) {
    while (bits.take(1) === 1) length += bits.take(1) === 0 ? 1 : -1
    if (length < 1 || length > 20) throw invalid('damaged bzip2 data: a wrong code length')
    lengths[symbol] = length
  }
  return lengths
}
