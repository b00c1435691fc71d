import type { Source } from '../../../retention/facts.ts'
import type { Inventory } from '../../../retention/ports.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import { openSource } from '../../adapters/open-source.ts'
import { dockerHost } from '../docker-host.ts'
import { printNotice } from '../registry-client.ts'
import type { AloneOptions } from './alone-options.ts'
import type { GcFlags } from './flags.ts'

/** What is done is told by the command itself. */
const log = { info: () => {}, warn: printNotice, error: () => {} }

/** Retention of a source on the files of the data folder, for this process alone. Errors: SERVER_BUSY, STORE_INVALID, USAGE, those of the source. */
export async function openAlone(source: Source, options: AloneOptions): Promise<RetentionService> {
  const { root, flags, onlyReads } = options
  if (source === 'registry') {
    const { openRegistryAlone } = await import('./open-registry-alone.ts')
    return openRegistryAlone(options)
  }
  const inventory = source === 'docker' ? await ofDocker(flags) : await ofStore(root)
  const { service } = await openSource({ root, source, inventory: () => inventory, checkCron, log, onlyReads })
  return service
}

async function ofDocker({ host }: GcFlags): Promise<Inventory> {
  const { createDockerInventory } = await import('../../adapters/docker-inventory.ts')
  return createDockerInventory({ host: dockerHost(host) })
}

async function ofStore(root: string): Promise<Inventory> {
  const { createStoreInventory } = await import('../../adapters/store-inventory.ts')
  return createStoreInventory({ root })
}
