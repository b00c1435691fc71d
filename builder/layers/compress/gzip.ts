import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { blocksOf } from './blocks.ts'
import { inOrder } from './in-order.ts'

export interface BlockOptions {
  readonly level: number
  /** How many blocks are compressed at once. */
  readonly threads: number
}

const blockSize = 1 << 20
/** How far back deflate can point (RFC 1951 section 2). */
const windowSize = 1 << 15
/** Room for what deflate adds to data that does not shrink. */
const slack = (blockSize >> 8) + 1024
const deflateBlock = promisify(deflateRaw)

/** RFC 1952 section 2.3: deflate, no flags, no time, no extra flags, unknown system. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** The last block of a deflate stream, empty: final, fixed codes, end of block. */
const emptyFinalBlock = Uint8Array.of(3, 0)

/**
 * One gzip member (RFC 1952). Blocks of 1 MiB are deflated on their own with the 32 KiB before them as dictionary, each
 * ended on a byte by a sync flush, on the threads of Node's pool: how many are at work does not change a byte.
 */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  { level, threads }: BlockOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0
  let size = 0
  let before: Uint8Array | undefined
  const deflateNext = (block: Uint8Array): Promise<Uint8Array> => {
    crc = crc32(block, crc)
    size += block.length
    const dictionary = before?.subarray(-windowSize)
    before = block
    const { Z_SYNC_FLUSH: finishFlush } = constants
    return deflateBlock(block, {
      level,
      finishFlush,
      chunkSize: block.length + slack,
      ...(dictionary && { dictionary }),
    })
  }
  yield header
  yield* inOrder(blocksOf(source, blockSize), threads, deflateNext)
  yield Buffer.concat([emptyFinalBlock, trailer(crc, size)])
}

function trailer(crc: number, size: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(crc, 0)
  bytes.writeUInt32LE(size % 2 ** 32, 4)
  return bytes
}
