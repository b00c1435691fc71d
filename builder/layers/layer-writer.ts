import { hash } from 'node:crypto'
import { algorithmOf, type Digest, type DigestAlgorithm, parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { compareRecords } from './index-types.ts'
import { type LayerRecords, openRecords } from './layer-records.ts'
import { streamHash } from './stream-hash.ts'
import { opaqueHeader, tarEnd, tarHeader, tarPadding } from './tar/write.ts'
import { openTarOutput, type TarOutput } from './tar-output.ts'

/** One member of a layer to be written. */
export interface LayerMember {
  /** Its `digest`, when set, is what the content must have; its `dataOffset` is not looked at. */
  readonly entry: LayerEntry
  /** Needed for a file that is not empty; exactly `entry.size` bytes. */
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>
  /** True when the content fails by itself where it has not the digest of the entry: then it is not hashed here. */
  readonly verified?: boolean
}

/** A layer whose tar is written. */
export interface WrittenLayer {
  readonly diffID: Digest
  /** Bytes of the uncompressed tar. */
  readonly size: number
  /** The records, sorted, with digests and offsets of contents. When they are many they lie beside what was written. */
  readonly entries: LayerRecords
}

export interface WriteOptions {
  /** False: do not wait until the file is on disk. */
  readonly sync?: boolean
}

/** Where the records of the layer in `file` go when they are many. */
export function recordsFile(file: string): string {
  return `${file}-index`
}

/**
 * Writes a layer's tar to `file` (replaced when there is one) in one pass; it is on disk when this returns. Members come
 * in the order of records (`compareRecords`), else a plain Error. CONTEXT_CHANGED when a content has not the size or the
 * digest that its entry tells. What was written is removed on failure.
 */
export async function writeLayer(
  members: Iterable<LayerMember> | AsyncIterable<LayerMember>,
  file: string,
  options: WriteOptions = {},
): Promise<WrittenLayer> {
  const { sync = true } = options
  const output = openTarOutput(file)
  const records = openRecords(recordsFile(file))
  try {
    let previous: LayerEntry | undefined
    for await (const member of members) {
      previous = await writeMember(output, member, previous)
      records.add(previous)
    }
    output.write(tarEnd)
    return { ...(await output.end(sync)), entries: records.end() }
  } catch (error) {
    records.abort()
    output.abort()
    throw error
  }
}

async function writeMember(
  output: TarOutput,
  { entry, content, verified }: LayerMember,
  previous: LayerEntry | undefined,
): Promise<LayerEntry> {
  if (previous !== undefined && compareRecords(previous, entry) >= 0) {
    throw new Error(`layer members are out of order: ${JSON.stringify([previous.path, entry.path])}`)
  }
  if (entry.type === 'whiteout' && entry.opaque) {
    output.write(opaqueHeader(entry))
    return entry
  }
  output.write(tarHeader(entry))
  if (entry.opaque) output.write(opaqueHeader(entry))
  if (entry.type !== 'file') return entry
  return writeContent(output, entry, {
    content: content ?? new Uint8Array(),
    known: verified === true ? entry.digest : undefined,
  })
}

interface Content {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>
  /** Its digest when that is checked elsewhere: it is not taken again. */
  readonly known: Digest | undefined
}

async function writeContent(output: TarOutput, entry: LayerEntry, { content, known }: Content): Promise<LayerEntry> {
  const dataOffset = entry.size === 0 ? -1 : output.position
  const taken =
    content instanceof Uint8Array
      ? writeBytes(output, entry, { content, known })
      : await writeStream(output, entry, { content, known })
  const digest = known ?? taken
  if (entry.digest !== undefined && entry.digest !== digest) throw changed(entry)
  output.write(tarPadding(entry.size))
  return { ...entry, dataOffset, digest }
}

/** Gives the digest unless it is known. */
function writeBytes(
  output: TarOutput,
  entry: LayerEntry,
  { content, known }: Content & { readonly content: Uint8Array },
): Digest | undefined {
  if (content.length !== entry.size) throw changed(entry)
  output.write(content)
  if (known !== undefined) return undefined
  const algorithm = algorithmFor(entry)
  return parseDigest(`${algorithm}:${hash(algorithm, content, 'hex')}`)
}

/** Gives the digest unless it is known. */
async function writeStream(
  output: TarOutput,
  entry: LayerEntry,
  { content, known }: Content & { readonly content: AsyncIterable<Uint8Array> },
): Promise<Digest | undefined> {
  const hasher = known === undefined ? streamHash(algorithmFor(entry)) : undefined
  let size = 0
  for await (const piece of content) {
    size += piece.length
    if (size > entry.size) throw changed(entry)
    hasher?.update(piece)
    output.write(piece)
    await output.drain()
  }
  if (size !== entry.size) throw changed(entry)
  return hasher?.digest()
}

/** The algorithm of the digest that is expected, so that the two can be compared. */
function algorithmFor(entry: LayerEntry): DigestAlgorithm {
  return entry.digest === undefined ? 'sha256' : algorithmOf(entry.digest)
}

function changed(entry: LayerEntry): IbuildError {
  return new IbuildError('CONTEXT_CHANGED', `${JSON.stringify(entry.path)} changed while it was read`)
}
