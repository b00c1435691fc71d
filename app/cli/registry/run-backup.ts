import { writeBytes } from '../../../builder/export/write-bytes.ts'
import { notaryLayout } from '../../../notary/server/layout.ts'
import type { BackupPart } from '../../../registry/backup/backup-parts.ts'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import type { BackupManifest } from '../../../registry/backup/manifest.ts'
import { openBackup } from '../../../registry/backup/open-backup.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import type { RegistryHold } from '../../../registry/service/types.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { syncPath } from '../../../shared/cas/disk.ts'
import { backupArchive } from '../../adapters/backup-archive.ts'
import { accountFiles, hasNotary, notaryDatabases, notaryParts } from '../../adapters/notary-parts.ts'
import { retentionDatabasesIn } from '../../adapters/retention-parts.ts'
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
import { type HeldDatabases, holdDatabases } from './held-databases.ts'
import { readWholeBackup } from './read-whole-backup.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly compression?: string
  readonly hardLink?: boolean
  readonly verify?: boolean
  readonly json?: boolean
}

/** A command that makes backups. */
export interface BackupCommand {
  /** What comes after `ibuild`. */
  readonly name: string
  readonly summary: string
  readonly help: string
  /** False when the notary alone is in its backups. */
  readonly withRegistry: boolean
}

/** `ibuild registry backup FILE|DIR|-` and `ibuild notary backup FILE|DIR|-` */
export async function runBackup(command: BackupCommand, argv: readonly string[]): Promise<number> {
  const parser = createParser(command.name, command.summary)
    .argument('<destination>', 'file, folder (with / at its end), or - for stdout')
    .option('--compression <kind>', 'of a file or stdout: zstd or none (default: by the name of the file)')
    .option('--verify', 'make none, but read the one that is there and verify all of it')
    .option('--json', 'print what the backup has as JSON; to stderr when the backup goes to stdout')
    .addHelpText('after', command.help)
    .allowExcessArguments(false)
  if (command.withRegistry)
    parser.option('--hard-link', 'in a folder of the same filesystem: take the files of blobs themselves, not copies')
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [destination = ''] = words
  const { withRegistry } = command
  return interruptible((signal) =>
    flags.verify === true ? verify(destination, flags, signal) : make({ destination, flags, signal, withRegistry }),
  )
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

async function make({ destination, flags, signal, withRegistry }: Asked): Promise<number> {
  const kind = await kindOf(destination)
  checkForm(kind, flags)
  const root = dataFolder(flags.root)
  for (const folder of [registryLayout(root).folder, notaryLayout(root).folder]) checkPlace(destination, folder)
  // All that is made is for its owner alone: keys are in it.
  process.umask(0o077)
  const making: Making = { kind, destination, flags, signal }
  const { manifest, added } = withRegistry
    ? await useAdmin(flags, async (admin) => backUp(admin, making))
    : await backUpNotary(root, making)
  const report = { ...summary(manifest), ...(added !== undefined && { added }) }
  const text = flags.json === true ? jsonText(report) : describe(manifest, added)
  if (destination === '-') process.stderr.write(text)
  else await writeLines([text])
  return manifest.damaged.length === 0 ? 0 : 1
}

interface Asked {
  readonly destination: string
  readonly flags: Flags
  readonly signal: AbortSignal
  readonly withRegistry: boolean
}

interface Making {
  readonly kind: BackupKind
  readonly destination: string
  readonly flags: Flags
  readonly signal: AbortSignal
}

/** What is signed is pushed before it is signed, so the notary is taken before the registry, and retention after it. */
async function backUp(admin: RegistryAdmin, making: Making): Promise<Made> {
  await tellOfAdoption(admin)
  const root = dataFolder(making.flags.root)
  await using notary = await holdDatabases(root, notaryDatabases)
  const hold = await admin.hold()
  try {
    await using retention = await holdDatabases(root, retentionDatabasesIn(root))
    return await writeHeld({ hold, held: [notary, retention], files: notaryParts.files }, making)
  } finally {
    await hold.release()
  }
}

/** Errors: STORE_INVALID where there is no notary. */
async function backUpNotary(root: string, making: Making): Promise<Made> {
  if (!hasNotary(root)) throw withoutNotary(root)
  await using notary = await holdDatabases(root, notaryDatabases)
  return await writeHeld({ hold: undefined, held: [notary], files: [...notaryParts.files, accountFiles] }, making)
}

function withoutNotary(root: string): IbuildError {
  return new IbuildError('STORE_INVALID', `there is no notary in ${root}`, {
    hint: 'ibuild serve makes one; --root names the data folder.',
  })
}

interface Held {
  readonly hold: RegistryHold | undefined
  readonly held: readonly HeldDatabases[]
  readonly files: readonly BackupPart[]
}

async function writeHeld({ hold, held, files }: Held, making: Making): Promise<Made> {
  const now = Date.now()
  using progress = createByteProgress('backed up')
  const by = `ibuild ${version()}`
  const onPlan = ({ bytes }: BackupManifest['blobs']): void => progress.expect(bytes)
  const root = dataFolder(making.flags.root)
  const databases = held.flatMap((one) => one.databases)
  const backup = openBackup({ root, hold, databases, files, by, now, onPlan })
  return await write(backup, making, { progress, now })
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
