import { createReadStream } from 'node:fs'
import type { Digest } from '../../shared/base/digest.ts'
import type { LayerEntry, LayerPath } from './entry.ts'
import { checkPath } from './index-block.ts'
import { indexInvalid } from './index-bytes.ts'
import { openLayerIndex } from './layer-index.ts'
import { type LayerRecords, openRecords } from './layer-records.ts'
import { mostMetadata, mostPaths, tooManyPaths, tooMuchMetadata } from './layer-size.ts'
import { streamHash } from './stream-hash.ts'
import { tarLimits } from './tar/limits.ts'
import { turns } from './turns.ts'

/**
 * The index of a layer without places in a tar, and without what a tar tells in vain. It tells what is in the layer and nothing else: whoever has the layer, in
 * whatever form, makes the same bytes of it, as long as the version of the format is the same.
 */
export interface PlainIndex {
  readonly encoded: LayerRecords['encoded']
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

interface PlainOptions {
  /** Where it goes when it is large; in a folder that is removed later. */
  readonly file: string
  readonly signal?: AbortSignal | undefined
}

/** Makes the plain index of a layer's records, which come in order. Errors: INDEX_INVALID, LAYER_TOO_LARGE. */
export async function makePlainIndex(
  records: Iterable<LayerEntry>,
  { file, signal }: PlainOptions,
): Promise<PlainIndex> {
  const writer = openRecords(file)
  const turn = turns()
  try {
    for (const record of records) {
      writer.add(plainRecord(record))
      const pause = turn()
      if (pause === undefined) continue
      await pause
      signal?.throwIfAborted()
    }
    const { encoded } = writer.end()
    return { encoded, ...(await measure(encoded)) }
  } catch (error) {
    writer.abort()
    throw error
  }
}

/** Of a name that is a hardlink, and of a whiteout, a tar may tell an owner and a time, which nobody asks for. */
function plainRecord(record: LayerEntry): LayerEntry {
  if (record.type === 'hardlink' || record.type === 'whiteout') return { ...record, ...unasked }
  return record.dataOffset === -1 ? record : { ...record, dataOffset: -1 }
}

const unasked = { mode: 0, uid: 0, gid: 0, mtime: 0n, xattrs: new Map<string, Uint8Array>() }

async function measure(encoded: LayerRecords['encoded']): Promise<Pick<PlainIndex, 'digest' | 'size'>> {
  const hash = streamHash()
  let size = 0
  for await (const piece of indexPieces(encoded)) {
    hash.update(piece)
    size += piece.length
  }
  return { digest: hash.digest(), size }
}

/** The bytes of an index, in memory or in its file. */
export async function* indexPieces(encoded: LayerRecords['encoded']): AsyncGenerator<Uint8Array> {
  if ('file' in encoded) yield* createReadStream(encoded.file, { highWaterMark: 1 << 20 })
  else yield encoded
}

/**
 * Checks an index file that comes from elsewhere, all of it: it must be the very bytes that this program would write for what
 * it tells, and tell nothing that an import would refuse. `scratch` is the name of a file for the work. Errors: INDEX_INVALID,
 * LAYER_TOO_LARGE.
 */
export async function checkPlainIndex(
  file: string,
  { digest, scratch, signal }: { readonly digest: Digest; readonly scratch: string } & Pick<PlainOptions, 'signal'>,
): Promise<void> {
  const index = openLayerIndex(file, { keptBlocks: 1 })
  const made = await makePlainIndex(checked(index.entries()), { file: scratch, signal })
  if (made.digest !== digest) throw indexInvalid('it is not written as indexes are')
}

function* checked(records: Iterable<LayerEntry>): Generator<LayerEntry> {
  let [count, bytes] = [0, 0]
  for (const record of records) {
    checkRecord(record)
    bytes += record.path.length + record.linkname.length
    if (++count > mostPaths) throw tooManyPaths(mostPaths)
    if (bytes > mostMetadata) throw tooMuchMetadata()
    yield record
  }
}

const limits = tarLimits()
/** The kernel's ids are numbers of 32 bits. */
const mostID = 2 ** 32 - 1

function checkRecord(record: LayerEntry): void {
  const { path, type, opaque, linkname, size, uid, gid, digest, dataOffset } = record
  if (path === '' && type !== 'dir' && !(type === 'whiteout' && opaque)) throw wrong(path, 'is no directory')
  if (path.length > limits.path || linkname.length > limits.path) throw wrong(path, 'is too long')
  if (path.split('/').some((name) => name.length > limits.component)) throw wrong(path, 'has a name that is too long')
  if (uid > mostID || gid > mostID) throw wrong(path, 'has an owner beyond all ids')
  if (dataOffset !== -1) throw wrong(path, 'has a place in a tar')
  if (type === 'hardlink') checkPath(linkname)
  if (type === 'file' ? digest === undefined || size > limits.file : size !== 0)
    throw wrong(path, 'has no content that can be')
}

function wrong(path: LayerPath, what: string): Error {
  return indexInvalid(`${JSON.stringify(path.slice(0, 200))} ${what}`)
}
