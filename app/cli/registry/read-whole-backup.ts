import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { folderMembers } from '../../../registry/backup/folder-members.ts'
import type { FurtherParts } from '../../../registry/backup/further-parts.ts'
import type { ReadMember } from '../../../registry/backup/members.ts'
import { noTarget, type ReadOptions, type ReadReport, readBackup } from '../../../registry/backup/read-backup.ts'
import { restoreBackup } from '../../../registry/backup/restore.ts'
import { abortable } from '../../../shared/base/abort.ts'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import { archiveMembers } from '../../adapters/backup-archive.ts'
import { notaryParts } from '../../adapters/notary-parts.ts'
import { namedRetentionDatabase, retentionDatabases } from '../../adapters/retention-parts.ts'
import { createByteProgress } from './byte-progress.ts'

export interface ReadWholeOptions extends Pick<ReadOptions, 'skipsDamaged' | 'signal'> {
  /** Where to restore it; only verified without. */
  readonly root?: string
}

const further: FurtherParts = {
  ...notaryParts,
  databases: [...notaryParts.databases, ...retentionDatabases],
  named: namedRetentionDatabase,
}

/** Reads a backup in a file, in a folder, or from stdin (`-`). Errors: BACKUP_INVALID, those of {@link restoreBackup}. */
export async function readWholeBackup(
  from: string,
  { root, skipsDamaged = false, signal }: ReadWholeOptions,
): Promise<ReadReport> {
  using progress = createByteProgress(root === undefined ? 'verified' : 'restored')
  const { members, atOnce } = await openMembers(from, signal)
  const options: ReadOptions = { atOnce, skipsDamaged, signal, onBytes: (bytes) => progress.add(bytes) }
  return await (root === undefined
    ? readBackup(members, noTarget, options)
    : restoreBackup(members, root, { ...options, further }))
}

async function openMembers(
  from: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly members: AsyncIterable<ReadMember>; readonly atOnce: number }> {
  if (from === '-') return { members: archiveMembers(abortable<Uint8Array>(process.stdin, signal)), atOnce: 1 }
  const found = await stat(from).catch((cause: unknown) => {
    throw new IbuildError('USAGE', `there is no backup ${from} (${errnoOf(cause) ?? 'unknown reason'})`, { cause })
  })
  if (found.isDirectory()) return { members: folderMembers(from), atOnce: 4 }
  const bytes: AsyncIterable<Uint8Array> = createReadStream(from, { highWaterMark: 1024 * 1024 })
  return { members: archiveMembers(bytes), atOnce: 1 }
}
