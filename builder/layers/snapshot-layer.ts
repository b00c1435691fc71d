import { createHash } from 'node:crypto'
import { type Digest, digestFromHash } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type LayerEntry, type LayerPath, notAfter, parentOf } from './entry.ts'
import type { LayerIndex } from './index-types.ts'
import type { WrittenLayer } from './layer-writer.ts'
import { walkSnapshot } from './snapshot-walk.ts'
import { TarAssembly } from './tar-assembly.ts'
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
 * which is not written. Offsets of contents are those in that tar. One pass over all files. DIGEST_MISMATCH when a file
 * shrinks meanwhile; LAYER_INVALID for a name that layers cannot hold.
 */
export async function scanSnapshot(dir: string, options: ScanOptions = {}): Promise<WrittenLayer> {
  const { below, latest } = options
  const walked = walkSnapshot(dir).map((entry) => notAfter(entry, latest))
  const records = below === undefined ? walked : withoutIdle(walked, below)
  const contents = new Map<LayerEntry, Pick<LayerEntry, 'digest' | 'dataOffset'>>()
  const assembly = new TarAssembly(
    dir,
    (entry, digest, dataOffset) => contents.set(entry, { digest, dataOffset }),
    true,
  )
  const tarHash = createHash('sha256')
  const turn = turns()
  let size = 0
  for (const piece of assembly.pieces(records)) {
    tarHash.update(piece)
    await turn()
    size += piece.length
  }
  const entries = records.map((entry) => (entry.type === 'file' ? { ...entry, ...contents.get(entry) } : entry))
  return { diffID: digestFromHash(tarHash.digest()), size, entries }
}

/** Records come in order, so a directory that is kept for what is in it is known when its turn comes from the end. */
function withoutIdle(walked: readonly LayerEntry[], below: Pick<FileTree, 'lstat'>): LayerEntry[] {
  const kept: LayerEntry[] = []
  const needed = new Set<LayerPath>()
  for (const entry of walked.map((each) => withoutIdleMark(each, below)).reverse()) {
    if (entry.type === 'dir' && !entry.opaque && !needed.has(entry.path) && isSameFolder(entry, below)) continue
    kept.push(entry)
    needed.add(parentOf(entry.path))
  }
  return kept.reverse()
}

/** True when a directory is below as it is here, times aside. */
function isSameFolder(entry: LayerEntry, below: Pick<FileTree, 'lstat'>): boolean {
  const old = below.lstat(entry.path)
  if (old?.type !== 'dir' || old.mode !== entry.mode || old.uid !== entry.uid || old.gid !== entry.gid) return false
  if (old.xattrs.size !== entry.xattrs.size) return false
  return [...entry.xattrs].every(
    ([name, value]) => Buffer.from(old.xattrs.get(name) ?? []).equals(value) && old.xattrs.has(name),
  )
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
  layer: LayerIndex | readonly LayerEntry[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const records = 'lookup' in layer ? layer.entries() : layer
  yield* new TarAssembly(dir, verifyContent, false).pieces(records)
}

function verifyContent(entry: LayerEntry, digest: Digest): void {
  if (entry.digest === digest) return
  throw new IbuildError('DIGEST_MISMATCH', `the snapshot's file ${JSON.stringify(entry.path)} was changed`)
}
