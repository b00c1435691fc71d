import type { RowStore } from '../../shared/rows/row-store.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { registryLayout } from '../storage/layout.ts'
import { openLevelMetadata } from '../storage/level-metadata.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { isThere, requireRegistry } from '../storage/require-registry.ts'
import { runFsck } from './fsck.ts'
import type { FsckOptions, FsckSummary } from './types.ts'

export interface FolderOptions
  extends Omit<FsckOptions, 'metadata' | 'layout' | 'hashes' | 'isOnline' | 'repairNotice'> {
  /** Data folder. */
  readonly root: string
}

/**
 * Checks the registry of a data folder that nobody has open. Without a repair nothing is written, but for what the database
 * does when it is opened. Errors: STORE_INVALID where there is no registry, or the database cannot be opened; SERVER_BUSY.
 */
export async function checkFolder({ root, ...options }: FolderOptions): Promise<FsckSummary> {
  const layout = registryLayout(root)
  requireRegistry(root, layout.folder)
  let repairNotice: string | undefined
  const onNotice = (notice: string): void => void (repairNotice ??= notice)
  const metadata = await openMetadata(layout.metadata, { onNotice, isRepair: options.isRepair === true })
  const hashes = createHashPool()
  try {
    return await runFsck({ ...options, metadata, layout, hashes, repairNotice })
  } finally {
    await hashes.close()
    await metadata.close()
  }
}

/** A database that is not there is made in a repair only. */
async function openMetadata(
  folder: string,
  { onNotice, isRepair }: { readonly onNotice: (notice: string) => void; readonly isRepair: boolean },
): Promise<RowStore> {
  return isRepair || isThere(folder) ? openLevelMetadata({ folder, ballast: 0, onNotice }) : createMemoryMetadata()
}
