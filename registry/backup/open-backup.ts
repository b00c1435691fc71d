import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { RegistryHold } from '../service/types.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { uploadRows } from '../storage/rows.ts'
import { type BackupPart, backupParts } from './backup-parts.ts'
import type { HeldDatabase } from './further-parts.ts'
import { backupLimits } from './limits.ts'
import { type BackupManifest, type DatabaseRows, headText, manifestText } from './manifest.ts'
import {
  blobName,
  databaseMemberName,
  fileName,
  headName,
  type MadeMember,
  manifestName,
  metadataName,
} from './members.ts'
import { type RootFile, readRootFiles } from './root-files.ts'
import { blobOf, type RowPiece, rowPieces } from './row-pieces.ts'
import { openStored } from './stored-blob.ts'

export interface BackupOptions {
  /** Data folder. */
  readonly root: string
  /** Of the registry in it; the caller releases it when the backup is made. Without, nothing of the registry is in the backup. */
  readonly hold: RegistryHold | undefined
  /** Other databases, in this order. */
  readonly databases?: readonly HeldDatabase[]
  /** Where small files lie that are not the registry's. */
  readonly files?: readonly BackupPart[]
  /** Program and version, for those who read the backup. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Is told what there is to be copied, once that is known: before the first blob. */
  readonly onPlan?: (plan: BackupManifest['blobs']) => void
}

/** A backup that is being made. */
export interface OpenBackup {
  /** All members but the manifest, once. Those of blobs may be opened and read in any order, and left out. */
  members(): AsyncGenerator<MadeMember>
  /**
   * To be called when all members were read that are wanted. SERVER_FAILED when the hold did not last as long: bytes may have
   * gone then that the backup should have.
   */
  finish(): BackupManifest
}

interface State extends Pick<BackupManifest, 'at' | 'by'> {
  rows: number
  uploads: number
  bytes: number
  readonly metadata: Digest[]
  readonly databases: DatabaseRows[]
  readonly files: RootFile[]
  readonly blobs: Map<Digest, number>
  readonly damaged: Set<Digest>
}

/**
 * A registry as a backup, and what lies beside it. The rows come first, so that their snapshots are not open for long, and those of
 * uploads are left out; then the small files, then every blob that the rows name, verified while it is read. Takes some 200 bytes of memory for
 * each blob. Errors: NOT_SUPPORTED for more databases than a reader takes; while members are read STORE_INVALID, those of reading.
 */
export function openBackup({ root, hold, databases = [], files = [], by, now, onPlan }: BackupOptions): OpenBackup {
  if (databases.length > backupLimits.databases)
    throw new IbuildError('NOT_SUPPORTED', `a backup has ${backupLimits.databases} databases at most`)
  const parts = [...(hold === undefined ? [] : backupParts), ...files]
  const state: State = {
    at: new Date(now).toISOString(),
    by,
    rows: 0,
    uploads: 0,
    bytes: 0,
    metadata: [],
    databases: [],
    files: [],
    blobs: new Map(),
    damaged: new Set(),
  }
  return {
    async *members() {
      yield textMember(headName, Buffer.from(headText()))
      for await (const piece of rowPieces(countingUploads(rowsOf(hold), state))) yield pieceMember(piece, state)
      for (const database of databases) yield* databaseMembers(database, state)
      state.files.push(...(await readRootFiles(root, parts)))
      for (const { digest, bytes } of unlikeFiles(state.files)) yield textMember(fileName(digest), bytes)
      for (const size of state.blobs.values()) state.bytes += size
      onPlan?.({ count: state.blobs.size, bytes: state.bytes })
      for (const [digest, size] of state.blobs) yield blobMember(root, { digest, size }, state)
    },
    finish: () => {
      if (hold?.isHeld() !== false) return manifestOf(state)
      throw new IbuildError(
        'SERVER_FAILED',
        'the server ended before the backup did: what it has may not fit together',
        {
          hint: 'Make the backup again. What a folder has already is not copied twice.',
        },
      )
    },
  }
}

/** The manifest as the last member. */
export function manifestMember(manifest: BackupManifest): MadeMember {
  return textMember(manifestName, Buffer.from(manifestText(manifest)))
}

async function* countingUploads(pages: AsyncIterable<readonly Row[]>, state: State): AsyncGenerator<readonly Row[]> {
  for await (const page of pages) {
    state.uploads += page.filter(({ key }) => key.startsWith(uploadRows.prefix())).length
    yield page
  }
}

function pieceMember({ bytes, rows }: RowPiece, state: State): MadeMember {
  const digest = digestOf(bytes)
  state.metadata.push(digest)
  state.rows += rows.length
  for (const blob of rows.map(blobOf)) if (blob !== undefined) state.blobs.set(blob.digest, blob.size)
  return textMember(metadataName(digest), bytes)
}

async function* rowsOf(hold: RegistryHold | undefined): AsyncGenerator<readonly Row[]> {
  if (hold !== undefined) yield* hold.rows()
}

async function* databaseMembers(database: HeldDatabase, state: State): AsyncGenerator<MadeMember> {
  const metadata: Digest[] = []
  let count = 0
  for await (const piece of rowPieces(database.rows(), () => true)) {
    const digest = digestOf(piece.bytes)
    metadata.push(digest)
    count += piece.rows.length
    yield textMember(databaseMemberName(database.name, digest), piece.bytes)
  }
  state.databases.push({ name: database.name, metadata, rows: count })
}

/** Two files may have the same content. */
function unlikeFiles(files: readonly RootFile[]): Iterable<RootFile> {
  return new Map(files.map((file) => [file.digest, file])).values()
}

function blobMember(root: string, blob: { readonly digest: Digest; readonly size: number }, state: State): MadeMember {
  const { digest, size } = blob
  const { file } = blobPlace(registryLayout(root), digest)
  return {
    name: blobName(digest),
    size,
    file,
    open: async () => {
      const bytes = await openStored(file, blob, () => state.damaged.add(digest))
      if (bytes === undefined) state.damaged.add(digest)
      return bytes
    },
    isIntact: () => !state.damaged.has(digest),
  }
}

function textMember(name: string, bytes: Uint8Array): MadeMember {
  return { name, size: bytes.byteLength, open: async () => onePiece(bytes), isIntact: () => true }
}

function manifestOf({
  blobs,
  bytes,
  files,
  damaged,
  at,
  by,
  metadata,
  databases,
  rows,
  uploads,
}: State): BackupManifest {
  return {
    at,
    by,
    metadata,
    rows,
    databases,
    files: files.map(({ path, mode, digest }) => ({ path, mode, digest })),
    blobs: { count: blobs.size, bytes },
    damaged: [...damaged].sort(),
    uploads,
  }
}
