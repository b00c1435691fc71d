import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../shared/rows/level-database.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RegistryHold } from '../service/types.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { registryLayout } from '../storage/layout.ts'
import { registryDatabase } from '../storage/level-metadata.ts'
import { requireRegistry } from '../storage/require-registry.ts'
import { runFsck } from './fsck.ts'
import type { FsckOptions, FsckSummary } from './types.ts'

export interface BesideOptions
  extends Omit<FsckOptions, 'metadata' | 'layout' | 'hashes' | 'isOnline' | 'isRepair' | 'recover' | 'repairNotice'> {
  /** Data folder. */
  readonly root: string
  /** The server that has it open. */
  readonly admin: { readonly hold: () => Promise<RegistryHold> }
}

/**
 * Checks the registry that a server has open: its rows as they were at one moment, which are copied, and the files that they
 * name, which stay. What comes and goes by itself is not looked at: uploads, removals. Errors: those of the server, SYSTEM_CALL.
 */
export async function checkBeside({ root, admin, ...options }: BesideOptions): Promise<FsckSummary> {
  const layout = registryLayout(root)
  requireRegistry(root, layout.folder)
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'ibuild-fsck-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const hold = await admin.hold()
  stack.defer(() => hold.release())
  const hashes = createHashPool()
  stack.defer(() => hashes.close())
  const metadata = await copyRows(folder, hold)
  stack.defer(() => metadata.close())
  return await runFsck({ ...options, metadata, layout, hashes, isOnline: true })
}

/** The rows in a database of their own, which nobody changes. */
async function copyRows(folder: string, hold: RegistryHold): Promise<RowStore> {
  const database = await openDatabase(join(folder, 'rows'), registryDatabase.what)
  try {
    for await (const rows of hold.rows()) {
      await database.write(new Map(rows.map(({ key, value }) => [key, value])), false)
    }
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    ...database,
    get: async (key) => database.get(key),
    snapshot: async () => database.snapshot(),
    commit: () => Promise.reject(new Error('a copy of rows is not changed')),
  }
}
