import { LevelHandle } from '../../shared/rows/level-handle.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { registryDatabase } from './level-metadata.ts'

/** A database of metadata that is filled with rows of another one. */
export interface DatabaseFill {
  /** Puts rows as they are: nothing is made of them, as a change of a store does. Not synced. One call after the other. */
  put(rows: readonly Row[]): Promise<void>
  close(): Promise<void>
}

/** Makes a database in a folder of its own; without a kind, one of a registry. Errors: DISK_FULL, SYSTEM_CALL; here and when it is filled. */
export async function fillDatabase(folder: string, kind = registryDatabase): Promise<DatabaseFill> {
  const handle = new LevelHandle(folder, kind, { notify: () => undefined, ballast: 0 })
  await handle.open()
  return {
    put: (rows) => handle.write(new Map(rows.map(({ key, value }) => [key, value])), false),
    close: () => handle.close(),
  }
}
