import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Row, RowStore } from '../../../shared/rows/row-store.ts'
import { createService } from '../../service/create-service.ts'
import { dataFolder } from '../../service/testing/blob-services.ts'
import type { RegistryService } from '../../service/types.ts'
import { openFileDriver } from '../../storage/file-driver.ts'
import { registryLayout } from '../../storage/layout.ts'
import { openLevelMetadata } from '../../storage/level-metadata.ts'
import type { MadeMember, ReadMember } from '../members.ts'
import { type BackupOptions, manifestMember, type OpenBackup, openBackup } from '../open-backup.ts'

/** A registry on the disk, closed with the test. */
export interface Bench {
  readonly root: string
  readonly service: RegistryService
  readonly metadata: RowStore
  /** Runs work on a backup of this moment. */
  backUp<T>(work: (backup: OpenBackup) => Promise<T>, more?: Pick<BackupOptions, 'databases' | 'files'>): Promise<T>
}

export async function openBench(t: ExecutionContext, root: string = dataFolder(t)): Promise<Bench> {
  const driver = await openFileDriver(root)
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, ballast: 0 })
  const service = await createService({ driver, metadata })
  t.teardown(() => service.close())
  const backUp: Bench['backUp'] = async (work, more) => {
    const hold = await service.hold()
    try {
      return await work(openBackup({ root, hold, ...more, by: 'a test', now: 1_700_000_000_000 }))
    } finally {
      await hold.release()
    }
  }
  return { root, service, metadata, backUp }
}

/** All rows but those that no backup has. */
export async function rowsOf(metadata: RowStore): Promise<readonly Row[]> {
  const rows = await metadata.list({ prefix: '', limit: 1_000_000 })
  return rows.filter(({ key }) => !/^(?:upload|doomed) /.test(key))
}

/** Every file below a folder with its bytes, but for those of the database. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const isOurs = (name: string): boolean =>
    !name.startsWith('registry/metadata') && statSync(join(folder, name)).isFile()
  return new Map(names.filter(isOurs).map((name) => [name, readFileSync(join(folder, name))]))
}

/** Small files as a server and an operator leave them. */
export function writeRootFiles(root: string): void {
  for (const folder of ['tls', 'token-keys/old']) mkdirSync(join(root, 'registry', folder), { recursive: true })
  const write = (name: string, text: string, mode: number): void =>
    writeFileSync(join(root, 'registry', name), text, { mode })
  write('tls/ca.key', 'secret', 0o600)
  write('tls/ca.crt', 'certificate', 0o644)
  write('tls/server.key.new', 'half', 0o600)
  write('token-keys/keys.json', '{}', 0o600)
  write('token-keys/old/keys.json', '{}', 0o600)
  write('htpasswd', 'ann:$2b$', 0o600)
}

/** A member in memory. */
export interface Held {
  readonly name: string
  readonly bytes: Uint8Array
}

/** All members of a backup in memory, the manifest too. */
export async function heldMembers(backup: OpenBackup): Promise<Held[]> {
  const held: Held[] = []
  const hold = async (member: MadeMember): Promise<void> => {
    const pieces: Uint8Array[] = []
    const bytes = await member.open()
    if (bytes === undefined) return
    for await (const piece of bytes) pieces.push(piece)
    held.push({ name: member.name, bytes: Buffer.concat(pieces) })
  }
  for await (const member of backup.members()) await hold(member)
  await hold(manifestMember(backup.finish()))
  return held
}

/** Members as a reader gets them. */
export async function* readingMembers(held: readonly Held[]): AsyncGenerator<ReadMember> {
  for (const { name, bytes } of held) yield { name, size: bytes.byteLength, bytes: inPieces(bytes) }
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = Math.floor(bytes.byteLength / 2)
  yield bytes.subarray(0, half)
  yield bytes.subarray(half)
}
