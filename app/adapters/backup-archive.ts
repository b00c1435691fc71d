import { compress } from '../../builder/layers/compress/compress.ts'
import { decompress } from '../../builder/layers/compression.ts'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { readTar } from '../../builder/layers/tar/read.ts'
import { tarEnd, tarHeader, tarPadding } from '../../builder/layers/tar/write.ts'
import type { BackupManifest } from '../../registry/backup/manifest.ts'
import type { MadeMember, ReadMember } from '../../registry/backup/members.ts'
import { manifestMember, type OpenBackup } from '../../registry/backup/open-backup.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'

export interface ArchiveOptions {
  readonly isCompressed: boolean
  /** Seconds since the epoch, for all members. */
  readonly time: number
  readonly signal?: AbortSignal | undefined
  /** Is told of bytes of blobs that are done. */
  readonly onBytes?: (bytes: number) => void
  readonly onManifest: (manifest: BackupManifest) => void
}

/** A backup as one tar. Blobs that the registry has not whole are left out, or, when that is found too late, in it as they are. */
export function backupArchive(backup: OpenBackup, options: ArchiveOptions): AsyncIterable<Uint8Array> {
  const tar = tarOf(backup, options)
  return options.isCompressed ? compress(tar, { format: 'zstd', level: 3 }, { signal: options.signal }) : tar
}

async function* tarOf(backup: OpenBackup, options: ArchiveOptions): AsyncGenerator<Uint8Array> {
  for await (const member of backup.members()) {
    yield* memberBytes(member, options)
    if (member.file !== undefined) options.onBytes?.(member.size)
  }
  const manifest = backup.finish()
  yield* memberBytes(manifestMember(manifest), options)
  yield tarEnd
  options.onManifest(manifest)
}

async function* memberBytes(member: MadeMember, { time, signal }: ArchiveOptions): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted()
  const bytes = await member.open()
  if (bytes === undefined) return
  yield tarHeader(entryOf(member, time))
  for await (const piece of bytes) {
    yield piece
    signal?.throwIfAborted()
  }
  yield tarPadding(member.size)
}

function entryOf({ name, size }: MadeMember, time: number): LayerEntry {
  const nothing = { linkname: '', devMajor: 0, devMinor: 0, xattrs: new Map<string, Uint8Array>() } as const
  const mtime = BigInt(time) * 1_000_000_000n
  return {
    ...nothing,
    path: name,
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size,
    mtime,
    opaque: false,
    digest: undefined,
    dataOffset: -1,
  }
}

/** More than any registry has, so that a small archive that pretends to be one ends. */
const limits = { entries: 100_000_000, path: 300, file: 2 ** 43, total: 2 ** 50, holes: 0 }

/** The members of a backup that is one tar, compressed or not. Errors: BACKUP_INVALID, those of the source. */
export async function* archiveMembers(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadMember> {
  const tar = readTar(decompress(source, { maxBytes: limits.total }), { limits, whiteouts: false })
  for await (const member of explained(tar)) {
    if (member.kind === 'entry' && member.entry.type === 'dir') continue
    if (member.kind !== 'entry' || member.entry.type !== 'file') {
      throw new IbuildError('BACKUP_INVALID', 'the archive has something in it that is no file: it is no backup')
    }
    const { path, size } = member.entry
    yield { name: path, size, bytes: explained(member.body) }
  }
}

/** With what is wrong with the archive as what is wrong with the backup. */
async function* explained<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source
  } catch (cause) {
    if (!isIbuildError(cause, 'ARCHIVE_INVALID') && !isIbuildError(cause, 'ARCHIVE_UNSAFE')) throw cause
    throw new IbuildError('BACKUP_INVALID', `the backup cannot be read: ${cause.message}`, { cause })
  }
}
