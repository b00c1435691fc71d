import { comparePaths, type LayerEntry, type LayerPath } from './entry.ts'
import { ByteReader, indexInvalid } from './index-bytes.ts'
import { readRecord } from './index-record.ts'

/** A block of an index whose paths are decoded; its entries are, when asked for. */
export interface IndexBlock {
  readonly paths: readonly LayerPath[]
  /** The entry, kept for the next time. */
  entry(position: number): LayerEntry
  /** The entry, decoded anew: for those who go through all of them once. */
  decode(position: number): LayerEntry
}

/** Decodes a block of as many records as the table says; INDEX_INVALID when they are malformed or out of order. */
export function decodeBlock(bytes: Buffer, records: number): IndexBlock {
  const paths: LayerPath[] = []
  const bodies: number[] = []
  const reader = new ByteReader(bytes)
  let path = ''
  for (let i = 0; i < records; i++) {
    const shared = reader.varint()
    if (shared > path.length) throw indexInvalid('a path is malformed')
    const next = path.slice(0, shared) + reader.text()
    if (i > 0 && comparePaths(path, next) > 0) throw indexInvalid('paths are out of order')
    checkPath(next)
    path = next
    paths.push(path)
    const length = reader.varint()
    bodies.push(reader.skip(length), reader.position)
  }
  if (reader.left !== 0) throw indexInvalid('a block is longer than its records')
  return lazyBlock(bytes, paths, bodies)
}

function lazyBlock(bytes: Buffer, paths: readonly LayerPath[], bodies: readonly number[]): IndexBlock {
  const cache: (LayerEntry | undefined)[] = []
  const decode = (position: number): LayerEntry => {
    const path = paths[position]
    if (path === undefined) throw new RangeError(`no record ${position} in this block`)
    const reader = new ByteReader(bytes, bodies[2 * position], bodies[2 * position + 1])
    return readRecord(reader, path)
  }
  const entry = (position: number): LayerEntry => {
    const known = cache[position] ?? decode(position)
    cache[position] = known
    return known
  }
  return { paths, entry, decode }
}

/** INDEX_INVALID unless the text is a {@link LayerPath}: an index may come from elsewhere. */
export function checkPath(path: LayerPath): void {
  if (path !== '' && (path.includes('\0') || /(?:^|\/)\.{0,2}(?:\/|$)/.test(path))) {
    throw indexInvalid(`${JSON.stringify(path.slice(0, 200))} is not a path`)
  }
}
