import type { StoredContent } from './content.ts'
import { blockSize } from './header.ts'
import { invalid, type TarLimits, unsafe } from './limits.ts'
import { parseDecimal, parseField } from './numbers.ts'
import type { PaxRecords } from './pax.ts'

/** A run of stored bytes within a sparse file; all else in the file is zeros. */
interface Extent {
  readonly offset: number
  readonly length: number
}

/** A sparse file: its full size and what of it is stored, in order. */
export interface SparseMap {
  readonly size: number
  readonly extents: readonly Extent[]
}

const zeros = Buffer.alloc(1 << 16)

/** ARCHIVE_INVALID unless the extents are in order, within the file, and as long together as what is stored. */
export function checkSparse(map: SparseMap, stored: number): SparseMap {
  let end = 0
  let sum = 0
  for (const { offset, length } of map.extents) {
    if (!(offset >= end) || !(length >= 0)) throw invalid('the map of a sparse file is out of order')
    end = offset + length
    sum += length
  }
  if (!(end <= map.size)) throw invalid('the map of a sparse file goes beyond its size')
  if (sum !== stored) throw invalid('the map of a sparse file does not fit what is stored')
  return map
}

/** The full content of a sparse file, holes as zeros. */
export async function* expandSparse(
  stored: StoredContent | undefined,
  map: SparseMap,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for (const { offset, length } of map.extents) {
    yield* hole(offset - at)
    for (let left = length; left > 0; ) {
      const piece = stored?.tryPiece(left) ?? (await stored?.piece(left))
      if (piece === undefined) throw invalid('a sparse file is cut short')
      left -= piece.length
      yield piece
    }
    at = offset + length
  }
  yield* hole(map.size - at)
}

function* hole(length: number): Generator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= zeros.length) yield left < zeros.length ? zeros.subarray(0, left) : zeros
}

/**
 * The map of an old GNU sparse header (type `S`): four extents at 386, a mark at 482 when extension blocks of 21 extents
 * follow, the real size at 483. `next` reads a block.
 */
export async function oldGnuMap(block: Buffer, next: () => Promise<Buffer>, limits: TarLimits): Promise<SparseMap> {
  const size = parseField(block, 483, 12)
  const extents = extentsIn(block, 386, 4)
  const most = limits.extension / 24
  for (let more = block[482] !== 0; more; ) {
    const extension = await next()
    extents.push(...extentsIn(extension, 0, 21))
    if (extents.length > most) throw unsafe('the map of a sparse file is too long')
    more = extension[504] !== 0
  }
  return { size, extents }
}

function extentsIn(block: Buffer, start: number, count: number): Extent[] {
  const extents: Extent[] = []
  for (let at = start; at < start + count * 24 && block[at] !== 0; at += 24) {
    extents.push({ offset: parseField(block, at, 12), length: parseField(block, at + 12, 12) })
  }
  return extents
}

/** Which of the pax sparse forms a member has: its map in the records (0.0, 0.1) or before its content (1.0). */
export function paxSparseForm(records: PaxRecords | undefined): 'records' | 'content' | undefined {
  if (records === undefined) return undefined
  const version = `${records.get('GNU.sparse.major') ?? ''}.${records.get('GNU.sparse.minor') ?? ''}`
  if (version === '1.0') return 'content'
  if (version !== '.' && version !== '0.0' && version !== '0.1')
    throw invalid(`sparse files of version ${version} are not read`)
  return records.has('GNU.sparse.map') ? 'records' : undefined
}

/** The full size of a pax sparse file. */
function paxSparseSize(records: PaxRecords): number {
  return parseDecimal(records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size') ?? '')
}

/** The map of pax sparse 0.0 and 0.1: offsets and lengths in turn, with commas. */
export function recordsMap(records: PaxRecords): SparseMap {
  const list = records.get('GNU.sparse.map') ?? ''
  return { size: paxSparseSize(records), extents: pairs(list === '' ? [] : list.split(',').map(parseDecimal)) }
}

/** The map of pax sparse 1.0: count, then offsets and lengths in turn, one decimal a line, filled up to a whole block. */
export async function contentMap(
  records: PaxRecords,
  stored: StoredContent | undefined,
  limits: TarLimits,
): Promise<SparseMap> {
  const numbers: number[] = []
  let text = ''
  for (let read = 0; numbers.length === 0 || numbers.length <= 2 * (numbers[0] ?? 0); read += blockSize) {
    if (read >= limits.extension) throw unsafe('the map of a sparse file is too long')
    if (text.length > 20) throw invalid('the map of a sparse file has a malformed number')
    text += await textBlock(stored)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) numbers.push(sparseNumber(line))
  }
  const [count = 0, ...rest] = numbers
  return { size: paxSparseSize(records), extents: pairs(rest.slice(0, 2 * count)) }
}

function sparseNumber(line: string): number {
  const value = parseDecimal(line)
  if (Number.isNaN(value)) throw invalid('the map of a sparse file has a malformed number')
  return value
}

async function textBlock(stored: StoredContent | undefined): Promise<string> {
  if (stored === undefined || stored.left < blockSize) throw invalid('the map of a sparse file is cut short')
  let text = ''
  while (text.length < blockSize) text += (await stored.piece(blockSize - text.length)).toString('latin1')
  return text
}

function pairs(numbers: readonly number[]): Extent[] {
  const extents: Extent[] = []
  for (let i = 0; i < numbers.length; i += 2)
    extents.push({ offset: numbers[i] ?? 0, length: numbers[i + 1] ?? Number.NaN })
  return extents
}
