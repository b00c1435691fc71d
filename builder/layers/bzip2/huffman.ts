import { invalid } from '../tar/limits.ts'
import type { BitInput } from './bits.ts'

const longest = 20
/** Codes up to this many bits are found in one look. */
const quick = 10

/** A canonical Huffman code: shorter codes first, among equals lower symbols first. */
export class HuffmanCode {
  /** For each `quick` bits: symbol times 32 plus length, 0 when the code is longer. */
  readonly #table = new Uint16Array(1 << quick)
  /** The symbols in the order of their codes. */
  readonly #symbols: Uint16Array
  /** For each length: the first code beyond it, and what to add to a code to find its symbol. */
  readonly #limit = new Int32Array(longest + 2)
  readonly #base = new Int32Array(longest + 2)

  /** `lengths` gives the bits (1 to 20) of the code of each symbol. */
  constructor(lengths: Uint8Array) {
    this.#symbols = new Uint16Array(lengths.length)
    let code = 0
    let place = 0
    for (let length = 1; length <= longest; length++, code <<= 1) {
      this.#base[length] = place - code
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue
        this.#symbols[place++] = symbol
        this.#enter(code++, symbol, length)
      }
      if (code > 1 << length) throw invalid('damaged bzip2 data: a code table has too many codes')
      this.#limit[length] = code
    }
  }

  /** Takes one symbol. */
  take(bits: BitInput): number {
    const found = this.#table[bits.peek(quick)] ?? 0
    if (found === 0) return this.#takeLong(bits)
    bits.drop(found & 31)
    return found >> 5
  }

  #enter(code: number, symbol: number, length: number): void {
    if (length > quick) return
    const from = code << (quick - length)
    this.#table.fill((symbol << 5) | length, from, from + (1 << (quick - length)))
  }

  #takeLong(bits: BitInput): number {
    const code = bits.peek(longest)
    for (let length = quick + 1; length <= longest; length++) {
      const head = code >> (longest - length)
      if (head >= (this.#limit[length] ?? 0)) continue
      bits.drop(length)
      return this.#symbols[head + (this.#base[length] ?? 0)] ?? 0
    }
    throw invalid('damaged bzip2 data: no such code')
  }
}
