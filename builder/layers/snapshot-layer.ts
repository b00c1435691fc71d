import { createHash } from 'node:crypto'
import { type Digest, digestFromHash } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type LayerEntry, notAfter } from './entry.ts'
import { isWithin, type LayerIndex } from './index-types.ts'
import { openRecords, type RecordsWriter } from './layer-records.ts'
import { recordsFile, type WrittenLayer } from './layer-writer.ts'
import { sameDirectory } from './same-directory.ts'
import { walkSnapshot } from './snapshot-walk.ts'
import { type OnContent, TarAssembly } from './tar-assembly.ts'
import type { FileTree } from './tree.ts'
import { turns } from './turns.ts'

export interface ScanOptions {
  /**
   * The tree that the snapshot lies on. An overlay marks almost every new directory opaque; with this only those marks
   * stay that hide something. Directories in which nothing changed but their time are left out.
   */
  readonly below?: Pick<FileTree, 'lstat'>
  /** Times after this one (nanoseconds) are written as this one; the folder keeps them. */
  readonly latest?: bigint | undefined
}

/**
 * What an overlay's upper directory is as a layer: its records with digests, and the digest and size of its canonical tar,
 * which is not written. Offsets of contents are those in that tar. Records lie beside `dir` when they are many. One pass over all files. DIGEST_MISMATCH when a file
 * shrinks meanwhile; LAYER_INVALID for a name that layers cannot hold.
 */
export async function scanSnapshot(dir: string, options: ScanOptions = {}): Promise<WrittenLayer> {
  const records = openRecords(recordsFile(dir))
  try {
    const { diffID, size } = await hashTar(dir, recordsOf(dir, options), records)
    return { diffID, size, entries: records.end() }
  } catch (error) {
    records.abort()
    throw error
  }
}

function* recordsOf(dir: string, { below, latest }: ScanOptions): Generator<LayerEntry> {
  const walked = walkSnapshot(dir)
  for (const entry of below === undefined ? walked : withoutIdle(walked, below)) yield notAfter(entry, latest)
}

/** Digest and size of the tar; the records go on with digests and offsets. */
async function hashTar(
  dir: string,
  entries: Iterable<LayerEntry>,
  records: RecordsWriter,
): Promise<Pick<WrittenLayer, 'diffID' | 'size'>> {
  let content: Partial<LayerEntry> = {}
  function* passed(): Generator<LayerEntry> {
    for (const entry of entries) {
      content = {}
      yield entry
      // The next one is asked for when the bytes of this one have gone by.
      records.add({ ...entry, ...content })
    }
  }
  const onContent: OnContent = (_, digest, dataOffset) => {
    content = { digest, dataOffset }
  }
  const assembly = new TarAssembly(dir, onContent, true)
  const tarHash = createHash('sha256')
  const turn = turns()
  let size = 0
  for (const piece of assembly.pieces(passed())) {
    tarHash.update(piece)
    await turn()
    size += piece.length
  }
  return { diffID: digestFromHash(tarHash.digest()), size }
}

/** Directories wait until something in them is kept; what is inside of one comes directly after it. */
function* withoutIdle(walked: Iterable<LayerEntry>, below: Pick<FileTree, 'lstat'>): Generator<LayerEntry> {
  const waiting: LayerEntry[] = []
  for (const each of walked) {
    const entry = withoutIdleMark(each, below)
    while (waiting.length > 0 && !isWithin(waiting.at(-1)?.path ?? '', entry.path)) waiting.pop()
    if (entry.type === 'dir' && !entry.opaque && isSameFolder(entry, below)) {
      waiting.push(entry)
      continue
    }
    yield* waiting.splice(0)
    yield entry
  }
}

/** True when a directory is below as it is here, times aside. */
function isSameFolder(entry: LayerEntry, below: Pick<FileTree, 'lstat'>): boolean {
  const old = below.lstat(entry.path)
  return old?.type === 'dir' && sameDirectory(entry, old)
}

function withoutIdleMark(entry: LayerEntry, below: Pick<FileTree, 'lstat'>): LayerEntry {
  return entry.opaque && below.lstat(entry.path)?.type !== 'dir' ? { ...entry, opaque: false } : entry
}

/**
 * The exact tar of a snapshot again, in pieces of up to 1 MiB. DIGEST_MISMATCH when a file is not what its record says;
 * the piece before may have been handed out by then.
 */
export async function* snapshotTar(
  dir: string,
  layer: LayerIndex | Iterable<LayerEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const records = 'lookup' in layer ? layer.entries() : layer
  yield* new TarAssembly(dir, verifyContent, false).pieces(records)
}

function verifyContent(entry: LayerEntry, digest: Digest): void {
  if (entry.digest === digest) return
  throw new IbuildError('DIGEST_MISMATCH', `the snapshot's file ${JSON.stringify(entry.path)} was changed`)
}
