import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { invalid, unsafe } from './tar/limits.ts'
import { atFrameEnds } from './zstd-frames.ts'

export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'none'

export interface DecompressOptions {
  /** Most bytes that may come out; default 4 TiB. */
  readonly maxBytes?: number
  /** Most bytes out for each byte in, once more than 1 MiB has come out; default no limit (zeros shrink a thousandfold and more). */
  readonly maxRatio?: number
}

/** Bytes that {@link detectCompression} wants to see. */
const sniffed = 6

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
]

/** Tells the compression by the first bytes (6 are enough). */
export function detectCompression(firstBytes: Uint8Array): Compression {
  const found = magics.find(([, magic]) => magic.every((byte, i) => firstBytes[i] === byte))
  if (found !== undefined) return found[0]
  return isSkippableFrame(firstBytes) ? 'zstd' : 'none'
}

/** zstd may begin with a frame that holds no data (RFC 8878 section 3.1.2). */
function isSkippableFrame(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xf0) === 0x50 && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18
}

/**
 * Decompresses a stream of any of these compressions, told by its first bytes; what is not compressed passes as it is.
 * Several members or frames one after the other are one stream. Stopping early closes the source. Errors: ARCHIVE_INVALID for
 * damaged or cut data (with the decoder's error as cause), ARCHIVE_UNSAFE beyond a cap, and those of the source.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = 2 ** 42, maxRatio = Number.POSITIVE_INFINITY } = options
  const input = new CountedInput(source)
  let output = 0
  try {
    for await (const piece of decoder(detectCompression(await input.start()), input)) {
      output += piece.length
      if (output > maxBytes) throw unsafe(`compressed data grows beyond ${maxBytes} bytes`)
      if (output > 2 ** 20 && output > maxRatio * input.bytes)
        throw unsafe(`compressed data grows more than ${maxRatio} times`)
      yield piece
    }
  } finally {
    await input.close()
  }
}

async function* decoder(compression: Compression, input: CountedInput): AsyncGenerator<Uint8Array, void, undefined> {
  switch (compression) {
    case 'none':
      yield* input
      break
    case 'gzip':
      yield* throughZlib(input, createGunzip({ chunkSize: 1 << 17 }))
      break
    case 'zstd':
      yield* throughZlib(atFrameEnds(input), createZstdDecompress({ chunkSize: 1 << 17 }))
      break
    case 'bzip2':
      yield* (await import('./bzip2/bunzip2.ts')).bunzip2(input)
      break
    case 'xz':
      yield* (await import('./xz.ts')).unxz(input)
      break
  }
}

async function* throughZlib(
  input: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pipeline(input, transform, () => undefined)
  } catch (error) {
    throw isDecoderError(error) ? invalid('damaged compressed data', error) : error
  }
}

/** Errors of node:zlib carry the library's own code; all others come from the source. */
function isDecoderError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_)/.test(String(error.code))
}

/** A source with its first bytes readable ahead and its bytes counted. */
class CountedInput implements AsyncIterable<Uint8Array> {
  bytes = 0
  readonly #iterator: AsyncIterator<Uint8Array>
  #ahead: Uint8Array[] = []
  #open = true

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The first bytes, which stay. */
  async start(): Promise<Uint8Array> {
    let first = Buffer.alloc(0)
    while (first.length < sniffed) {
      const piece = await this.#next()
      if (piece === undefined) break
      this.#ahead.push(piece)
      first = Buffer.concat([first, piece.subarray(0, sniffed)])
    }
    return first
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = this.#ahead.shift() ?? (await this.#next())
      if (piece === undefined) return
      this.bytes += piece.length
      if (piece.length > 0) yield piece
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#iterator.return?.()
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (!this.#open) return undefined
    try {
      const result = await this.#iterator.next()
      if (result.done !== true) return result.value
    } catch (error) {
      this.#open = false
      throw error
    }
    this.#open = false
    return undefined
  }
}
