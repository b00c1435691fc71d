import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { blocksOf } from './blocks.ts'
import type { BlockOptions } from './gzip.ts'
import { inOrder } from './in-order.ts'

/** What a decoder must be able to hold is at most a frame; all accept 8 MiB (RFC 8878 section 3.1.1.1.2). */
const frameSize = 1 << 22
const slack = (frameSize >> 7) + 1024
const compressFrame = promisify(zstdCompress)

/** MiB that one frame takes while it is made: the tables grow with the level. Measured. */
function frameMemory(level: number): number {
  if (level < 10) return 24
  return level < 16 ? 56 : 76
}

/** MiB that all frames at work may take together. */
const memory = 120

/**
 * Frames of zstd (RFC 8878) one after the other, each of up to 4 MiB of content whose size and checksum it tells, made on
 * the threads of Node's pool: how many are at work does not change a byte.
 */
export async function* zstd(
  source: AsyncIterable<Uint8Array>,
  { level, threads }: BlockOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let frames = 0
  const compressNext = (block: Uint8Array): Promise<Uint8Array> => {
    frames++
    return compressFrame(block, optionsOf(block, level))
  }
  const atOnce = Math.max(1, Math.min(threads, Math.floor(memory / frameMemory(level))))
  yield* inOrder(blocksOf(source, frameSize), atOnce, compressNext)
  if (frames === 0) yield await compressNext(new Uint8Array(0))
}

function optionsOf(block: Uint8Array, level: number): Parameters<typeof zstdCompress>[1] & object {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  return {
    chunkSize: block.length + slack,
    pledgedSrcSize: block.length,
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
  }
}
