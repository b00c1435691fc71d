import { type LevelRowsOptions, openLevelRows } from '../../shared/rows/level-rows.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { gcStateRow } from './gc-rows.ts'
import { withUsage } from './usage-rows.ts'

/** Rows may be lost by a repair: what the others say to be of no use is kept until somebody has looked. */
const afterRepair = [gcStateRow({ pass: 'held' })]

/** What the first format has not is written down while the registry is used. */
export const registryDatabase: DatabaseKind = {
  what: 'the metadata of the registry',
  format: 2,
  formerFormats: [1],
  afterRepair,
  whenBusy: 'A running server answers commands through its admin socket: use ibuild registry, or stop it first.',
  whenLost: 'Put a copy of the folder back. The blobs beside it are whole.',
}

/** The metadata of a registry in a database of their own. Errors as of {@link openLevelRows}. */
export async function openLevelMetadata(options: LevelRowsOptions): Promise<RowStore> {
  return openLevelRows(registryDatabase, options, withUsage)
}
