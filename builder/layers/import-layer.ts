import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { type Digest, digestFromHash, digestOf } from '../../shared/base/digest.ts'
import { type Compression, decompress, detectCompression } from './compression.ts'
import type { LayerEntry, LayerPath } from './entry.ts'
import { openRecords, type RecordsWriter } from './layer-records.ts'
import { recordsFile, type WriteOptions, type WrittenLayer } from './layer-writer.ts'
import { plainDirectory } from './plain-directory.ts'
import { RecordCollector } from './record-collector.ts'
import { streamHash } from './stream-hash.ts'
import type { TarLimits } from './tar/limits.ts'
import { readTar, type TarMember } from './tar/read.ts'
import { hashedOutput, openTarOutput, type TarOutput } from './tar-output.ts'
import { turns } from './turns.ts'

export interface ImportedLayer extends WrittenLayer {
  /** The layer as it came. */
  readonly source: { readonly digest: Digest; readonly size: number; readonly compression: Compression }
  /** Contents that were asked for with `wanted`. */
  readonly contents: ReadonlyMap<LayerPath, Uint8Array>
}

export interface ImportOptions extends WriteOptions {
  readonly limits?: Partial<TarLimits>
  /** False: only its records are kept, `file` is not written. */
  readonly keep?: boolean
  /** Tells which contents are handed back in memory. */
  readonly wanted?: (entry: LayerEntry) => boolean
  /** Stops the work once the source has ended; a source stops by itself. */
  readonly signal?: AbortSignal | undefined
}

const emptyDigest = digestOf('')

/**
 * Takes a layer made elsewhere, compressed or not: decompresses, hashes, reads and writes its tar, byte for byte, to `file`
 * in one pass. On disk when this returns, unless `sync` is false; removed on failure. ARCHIVE_INVALID for what cannot be
 * read or is no sensible layer, ARCHIVE_UNSAFE for names outside the root, writing through its own symlinks, or beyond a cap.
 */
export async function importLayer(
  source: AsyncIterable<Uint8Array>,
  file: string,
  options: ImportOptions = {},
): Promise<ImportedLayer> {
  const output = options.keep === false ? hashedOutput() : openTarOutput(file)
  const contents = new Map<LayerPath, Uint8Array>()
  const records = openRecords(recordsFile(file))
  try {
    const input = new HashedSource(source)
    const tar = teeTo(output, decompress(input))
    const members = readTar(tar, options.limits === undefined ? {} : { limits: options.limits })
    const { signal, wanted } = options
    await collect(members, { folder: dirname(file), records, signal, wanted, contents })
    const written = await output.end(options.sync ?? true)
    return { ...written, entries: records.end(), source: input.end(), contents }
  } catch (error) {
    records.abort()
    output.abort()
    throw error
  }
}

async function* teeTo(output: TarOutput, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    output.write(piece)
    await output.drain()
    yield piece
  }
}

interface Collected extends Pick<ImportOptions, 'signal'> {
  readonly wanted: ImportOptions['wanted'] | undefined
  readonly folder: string
  readonly records: RecordsWriter
  readonly contents: Map<LayerPath, Uint8Array>
}

async function collect(
  members: AsyncIterable<TarMember>,
  { folder, records, signal, wanted, contents }: Collected,
): Promise<void> {
  const collector = new RecordCollector(folder)
  try {
    for await (const member of members) {
      if (member.kind === 'opaque') collector.addOpaque(opaqueMark(member.path))
      else if (member.entry.type !== 'file') collector.add(member.entry)
      else {
        const kept = wanted?.(member.entry) === true ? [] : undefined
        collector.add({ ...member.entry, digest: await digestOfBody(member, kept) })
        if (kept !== undefined) contents.set(member.entry.path, Buffer.concat(kept))
      }
    }
    signal?.throwIfAborted()
    const turn = turns()
    for (const record of collector.records()) {
      records.add(record)
      const pause = turn()
      if (pause === undefined) continue
      await pause
      signal?.throwIfAborted()
    }
  } finally {
    collector.close()
  }
}

function opaqueMark(path: string): LayerEntry {
  return { ...plainDirectory(path), type: 'whiteout', mode: 0, opaque: true }
}

/** With `kept` the pieces are copied into it. */
async function digestOfBody(
  { entry, body }: Extract<TarMember, { kind: 'entry' }>,
  kept?: Uint8Array[],
): Promise<Digest> {
  if (entry.size === 0) return emptyDigest
  const hasher = streamHash()
  for await (const piece of body) {
    hasher.update(piece)
    kept?.push(Uint8Array.from(piece))
  }
  return hasher.digest()
}

/** A source whose digest, length and first bytes are kept. */
class HashedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>
  readonly #hash = createHash('sha256')
  #size = 0
  #head: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source) {
      if (this.#head.length < headSize) this.#head = Buffer.concat([this.#head, piece.subarray(0, headSize)])
      this.#hash.update(piece)
      this.#size += piece.length
      yield piece
    }
  }

  end(): ImportedLayer['source'] {
    const compression = detectCompression(this.#head)
    return { digest: digestFromHash(this.#hash.digest()), size: this.#size, compression }
  }
}

const headSize = 8
