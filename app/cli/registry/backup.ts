import { writeBytes } from '../../../builder/export/write-bytes.ts'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import type { BackupManifest } from '../../../registry/backup/manifest.ts'
import { openBackup } from '../../../registry/backup/open-backup.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { syncPath } from '../../../shared/cas/disk.ts'
import { backupArchive } from '../../adapters/backup-archive.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { version } from '../version.ts'
import { writeLines } from '../write-lines.ts'
import { type BackupKind, checkForm, checkPlace, kindOf } from './backup-destination.ts'
import { contentJson, contentText } from './backup-text.ts'
import { type ByteProgress, createByteProgress } from './byte-progress.ts'
import { readWholeBackup } from './read-whole-backup.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly compression?: string
  readonly hardLink?: boolean
  readonly verify?: boolean
  readonly json?: boolean
}

const help = `
What is pushed, deleted and collected meanwhile does no harm: the backup has all of one moment.
It has everything of the registry in the data folder, private keys too, and is readable for its
user alone. Uploads that go on are left out.

A file is one tar, which appears when it is whole; - writes it to stdout. A folder (one that is
there, or a name that ends in /) can be used again and again: only what is new is copied, the
backup before stays whole until the new one is, and blobs that it needs no more are removed.

The exit code is 1 when blobs of the registry were damaged: all else is in the backup.
  ibuild registry backup /mnt/backup/registry/
  ibuild registry backup --compression zstd - | ssh elsewhere 'cat > registry.tar.zst'`

/** `ibuild registry backup FILE|DIR|-` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry backup', 'Copy all that the registry has, while it is used')
    .argument('<destination>', 'file, folder (with / at its end), or - for stdout')
    .option('--compression <kind>', 'of a file or stdout: zstd or none (default: by the name of the file)')
    .option('--hard-link', 'in a folder of the same filesystem: take the files of blobs themselves, not copies')
    .option('--verify', 'make none, but read the one that is there and verify all of it')
    .option('--json', 'print what the backup has as JSON; to stderr when the backup goes to stdout')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [destination = ''] = words
  const work = flags.verify === true ? verify : make
  return interruptible((signal) => work(destination, flags, signal))
}

async function verify(from: string, flags: Flags, signal: AbortSignal): Promise<number> {
  if (flags.compression !== undefined || flags.hardLink === true)
    throw new IbuildError('USAGE', '--verify reads a backup as it is: leave --compression and --hard-link out')
  const report = await readWholeBackup(from, { signal })
  const { at } = report.manifest
  const text = `the backup of ${at} is whole: ${report.blobs.count} blobs of ${formatSize(report.blobs.bytes)}\n`
  await writeLines([flags.json === true ? jsonText(summary(report.manifest)) : text])
  return 0
}

/** What was made: where it is, and what that has cost. */
interface Made {
  readonly manifest: BackupManifest
  readonly added?: { readonly count: number; readonly bytes: number }
}

async function make(destination: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const kind = await kindOf(destination)
  checkForm(kind, flags)
  checkPlace(destination, registryLayout(dataFolder(flags.root)).folder)
  // All that is made is for its owner alone: keys are in it.
  process.umask(0o077)
  const { manifest, added } = await useAdmin(flags, async (admin) =>
    backUp(admin, { kind, destination, flags, signal }),
  )
  const report = { ...summary(manifest), ...(added !== undefined && { added }) }
  const text = flags.json === true ? jsonText(report) : describe(manifest, added)
  if (destination === '-') process.stderr.write(text)
  else await writeLines([text])
  return manifest.damaged.length === 0 ? 0 : 1
}

interface Making {
  readonly kind: BackupKind
  readonly destination: string
  readonly flags: Flags
  readonly signal: AbortSignal
}

async function backUp(admin: RegistryAdmin, making: Making): Promise<Made> {
  await tellOfAdoption(admin)
  const now = Date.now()
  const hold = await admin.hold()
  using progress = createByteProgress('backed up')
  try {
    const { root } = making.flags
    const by = `ibuild ${version()}`
    const onPlan = ({ bytes }: BackupManifest['blobs']): void => progress.expect(bytes)
    const backup = openBackup({ root: dataFolder(root), hold, by, now, onPlan })
    return await write(backup, making, { progress, now })
  } finally {
    await hold.release()
  }
}

/** What is not taken over yet is no part of the registry. */
async function tellOfAdoption(admin: RegistryAdmin): Promise<void> {
  const adoption = await admin.adoption()
  if (adoption === null || adoption.state === 'done') return
  const tree = sanitize(adoption.tree)
  process.stderr.write(`${tree} is still being taken over: what it alone has is not in the backup\n`)
}

async function write(
  backup: ReturnType<typeof openBackup>,
  { kind, destination, flags, signal }: Making,
  { progress, now }: { readonly progress: ByteProgress; readonly now: number },
): Promise<Made> {
  const onBytes = (bytes: number): void => progress.add(bytes)
  if (kind === 'folder') {
    const isLinked = flags.hardLink === true
    return writeBackupFolder(backup, { folder: destination, isLinked, signal, onBytes })
  }
  let manifest: BackupManifest | undefined
  const isCompressed =
    flags.compression === 'zstd' || (flags.compression === undefined && /\.zst(?:d)?$/.test(destination))
  const time = Math.floor(now / 1000)
  const archive = backupArchive(backup, {
    isCompressed,
    time,
    signal,
    onBytes,
    onManifest: (made) => (manifest = made),
  })
  await writeBytes(archive, { dest: destination, stdout: process.stdout, signal })
  if (kind === 'file') await syncPath(destination)
  if (manifest === undefined) throw new Error('the archive has no manifest')
  return { manifest }
}

function summary(manifest: BackupManifest): object {
  const { blobs, damaged, uploads } = manifest
  return { ...contentJson(manifest), blobs, damaged, uploadsLeftOut: uploads }
}

function describe(manifest: BackupManifest, added: Made['added']): string {
  const { blobs, damaged, uploads } = manifest
  return [
    `backed up: ${contentText(manifest, blobs)}${added === undefined ? '' : `; ${formatSize(added.bytes)} of it new`}\n`,
    ...(uploads === 0 ? [] : [`left out: ${uploads} uploads that go on\n`]),
    ...damaged.map((digest) => `damaged in the registry, and not in the backup: ${digest}\n`),
  ].join('')
}
