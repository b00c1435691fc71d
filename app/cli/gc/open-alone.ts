import { registryLayout } from '../../../registry/storage/layout.ts'
import { requireRegistry } from '../../../registry/storage/require-registry.ts'
import type { Source } from '../../../retention/facts.ts'
import type { Inventory, TrashKeeper } from '../../../retention/ports.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import { daemonName } from '../../adapters/daemon-name.ts'
import { openSource } from '../../adapters/open-source.ts'
import { dockerHost } from '../docker-host.ts'
import type { AloneOptions } from './alone-options.ts'
import { quietLog } from './quiet-log.ts'

/**
 * Retention of a source on the files of the data folder, for this process alone. `opened` gets what is to be closed again. Errors:
 * SERVER_BUSY, STORE_INVALID, USAGE, those of the source.
 */
export async function openAlone(
  source: Source,
  options: AloneOptions,
  opened: AsyncDisposableStack,
): Promise<RetentionService> {
  const { root, onlyReads } = options
  if (source === 'registry') requireRegistry(root, registryLayout(root).metadata)
  await using own = new AsyncDisposableStack()
  const inventory = async (trash: TrashKeeper): Promise<Inventory> => inventories[source](options, trash, own)
  const daemon = source === 'docker' ? daemonName(dockerHost(options.flags.host)) : undefined
  const { service } = await openSource({ root, source, daemon, inventory, checkCron, log: quietLog, onlyReads })
  own.defer(async () => service.close())
  opened.use(own.move())
  return service
}

type OpenInventory = (options: AloneOptions, trash: TrashKeeper, opened: AsyncDisposableStack) => Promise<Inventory>

const inventories: Readonly<Record<Source, OpenInventory>> = {
  registry: async (...args) => (await import('./open-registry-alone.ts')).openRegistryInventory(...args),
  docker: async ({ flags }) => {
    const { createDockerInventory } = await import('../../adapters/docker-inventory.ts')
    return createDockerInventory({ host: dockerHost(flags.host) })
  },
  store: async ({ root }) => (await import('../../adapters/store-inventory.ts')).createStoreInventory({ root }),
}
