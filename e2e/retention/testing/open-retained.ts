import { createRegistryInventory } from '../../../app/adapters/registry-inventory.ts'
import { trashRoots } from '../../../app/adapters/trash-roots.ts'
import { settingsOfEnvironment } from '../../../registry/server/config/environment.ts'
import { configOf } from '../../../registry/server/config/read.ts'
import { type OpenRegistry, openRegistry } from '../../../registry/server/open-registry.ts'
import type { Inventory } from '../../../retention/ports.ts'
import { openRetention } from '../../../retention/run/open-retention.ts'
import { createTrashKeeper } from '../../../retention/run/trash-keeper.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { retentionLayout } from '../../../retention/state/layout.ts'
import { openState } from '../../../retention/state/open-state.ts'

/** A registry in a data folder, with retention over it, as a server without a network would have them. */
export interface Retained {
  readonly registry: OpenRegistry
  readonly inventory: Inventory
  readonly retention: RetentionService
  close(): Promise<void>
}

export interface RetainedOptions {
  /** Milliseconds since the epoch, for retention alone. */
  readonly now: () => number
  /** Of the registry: `IBUILD_REGISTRY_...`. */
  readonly env?: Readonly<Record<string, string>>
  readonly onNotice: (notice: string) => void
}

export async function openRetained(root: string, { now, env = {}, onNotice }: RetainedOptions): Promise<Retained> {
  const log = { info: () => {}, warn: onNotice, error: onNotice }
  const rows = await openState({ folder: retentionLayout(root).database('registry'), onNotice })
  const trash = createTrashKeeper(rows)
  const config = configOf([settingsOfEnvironment(env)])
  const registry = await openRegistry({ root, config, log, roots: [trashRoots(trash)], isReadOnly: () => false })
  const inventory = createRegistryInventory({ registry, trash, signedIn: async () => [] })
  const { service: retention } = await openRetention({ inventory, rows, now, checkCron: () => undefined, log })
  return {
    registry,
    inventory,
    retention,
    close: async () => {
      await retention.close()
      await registry.service.close()
    },
  }
}
