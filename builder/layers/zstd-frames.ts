import { invalid } from './tar/limits.ts'

/**
 * The same bytes, cut wherever a zstd frame ends: node:zlib goes on with another frame only when it begins a piece, and
 * silently drops what follows in the same piece. ARCHIVE_INVALID when the stream ends within a frame, or when something else
 * follows one.
 */
export async function* atFrameEnds(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const scanner = new FrameScanner()
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const end = scanner.scan(chunk, at)
      yield chunk.subarray(at, end)
      at = end
    }
  }
  if (!scanner.betweenFrames) throw invalid('zstd data is cut short')
}

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50

type State = 'magic' | 'descriptor' | 'skippable' | 'block'

/** Follows the structure of frames (RFC 8878 section 3.1) without decoding them. */
class FrameScanner {
  /** Bytes of the header that is being gathered. */
  readonly #header = Buffer.alloc(8)
  #gathered = 0
  #wanted = 4
  #state: State = 'magic'
  /** Bytes to pass over before the next header. */
  #skip = 0
  #checksum = 0
  #last = false

  get betweenFrames(): boolean {
    return this.#state === 'magic' && this.#gathered === 0 && this.#skip === 0
  }

  /** The position of the first frame end after `from`, or the end of the chunk. */
  scan(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at)
        this.#skip -= passed
        at += passed
      } else {
        this.#header[this.#gathered++] = chunk[at++] ?? 0
        if (this.#gathered === this.#wanted) this.#interpret()
      }
      if (this.#skip === 0 && this.#last) this.#begin()
      if (this.betweenFrames) return at
    }
    return at
  }

  #begin(): void {
    this.#last = false
    this.#expect('magic', 4)
  }

  #expect(state: State, wanted: number): void {
    this.#state = state
    this.#wanted = wanted
    this.#gathered = 0
  }

  #interpret(): void {
    switch (this.#state) {
      case 'magic':
        this.#readMagic()
        break
      case 'skippable':
        this.#skip = this.#header.readUInt32LE(0)
        this.#last = true
        break
      case 'descriptor':
        this.#readDescriptor(this.#header[0] ?? 0)
        break
      case 'block':
        this.#readBlock(this.#header.readUIntLE(0, 3))
        break
    }
  }

  #readMagic(): void {
    const magic = this.#header.readUInt32LE(0)
    if (magic === frameMagic) this.#expect('descriptor', 1)
    else if ((magic & ~0xf) === skippableMagic) this.#expect('skippable', 4)
    else throw invalid('not zstd data, or something follows it')
  }

  /** After the descriptor: window, dictionary ID and content size, each as long as its flags say. */
  #readDescriptor(flags: number): void {
    const single = (flags >> 5) & 1
    const contentSize = [single, 2, 4, 8][flags >> 6] ?? 0
    const dictionary = [0, 1, 2, 4][flags & 3] ?? 0
    this.#checksum = (flags & 4) === 0 ? 0 : 4
    this.#expect('block', 3)
    this.#skip = 1 - single + dictionary + contentSize
  }

  #readBlock(header: number): void {
    const type = (header >> 1) & 3
    if (type === 3) throw invalid('damaged zstd data: a reserved block type')
    this.#last = (header & 1) === 1
    this.#expect('block', 3)
    this.#skip = (type === 1 ? 1 : header >>> 3) + (this.#last ? this.#checksum : 0)
  }
}
