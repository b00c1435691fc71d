import { invalid } from './limits.ts'
import { parseField } from './numbers.ts'

/** Tar is made of blocks of this many bytes. */
export const blockSize = 512

/** One header block as its fields stand, POSIX.1-1988 (ustar), v7, GNU or star. Strings are latin1. */
export interface RawHeader {
  readonly name: string
  /** The type byte; NUL for v7. */
  readonly type: string
  readonly linkname: string
  readonly block: Buffer
}

const zeroBlock = Buffer.alloc(blockSize)

/** Offset and length of each number field. */
const fields = {
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  devMajor: [329, 8],
  devMinor: [337, 8],
} as const satisfies Record<string, readonly [number, number]>

export type NumberField = Exclude<keyof typeof fields, 'checksum'>

/** True for a block of 512 NULs, the mark of the archive's end. */
export function isZeroBlock(block: Buffer): boolean {
  return block[0] === 0 && block.equals(zeroBlock)
}

/** True when the checksum of a header block is right, taken over signed or unsigned bytes (old tars used either). */
export function hasValidChecksum(block: Buffer): boolean {
  const wanted = parseField(block, ...fields.checksum)
  let sum = 8 * 0x20
  for (let i = 0; i < 148; i++) sum += block[i] ?? 0
  for (let i = 156; i < blockSize; i++) sum += block[i] ?? 0
  return sum === wanted || sum - 256 * highBytes(block) === wanted
}

/** Bytes of 128 and above outside the checksum field: each counts 256 less in a signed sum. */
function highBytes(block: Buffer): number {
  let count = 0
  for (let i = 0; i < blockSize; i++) if ((block[i] ?? 0) > 127 && (i < 148 || i >= 156)) count++
  return count
}

/** Decodes a header block; ARCHIVE_INVALID when its checksum is wrong. */
export function decodeHeader(block: Buffer): RawHeader {
  if (!hasValidChecksum(block)) throw invalid('not a tar header, or a damaged one: the checksum is wrong')
  const prefix = prefixOf(block)
  const name = textField(block, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    linkname: textField(block, 157, 257),
    block,
  }
}

/** A number field; ARCHIVE_INVALID when it is not a number. */
export function numberField(header: RawHeader, field: NumberField): number {
  const [offset, length] = fields[field]
  const value = parseField(header.block, offset, length)
  if (Number.isNaN(value)) throw invalid(`a tar header has a malformed ${field}`)
  return value
}

/** Only ustar has a prefix: GNU (magic `ustar  `) and v7 use the space otherwise, star for times in its last 24 bytes. */
function prefixOf(block: Buffer): string {
  if (block[345] === 0 || block[262] !== 0 || block.toString('latin1', 257, 262) !== 'ustar') return ''
  return textField(block, 345, block.toString('latin1', 508, 512) === 'tar\0' ? 476 : 500)
}

/** The bytes up to the first NUL. */
export function textField(block: Buffer, start: number, end = block.length): string {
  let stop = start
  while (stop < end && block[stop] !== 0) stop++
  return stop === start ? '' : block.toString('latin1', start, stop)
}
