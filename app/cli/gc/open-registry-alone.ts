import { openRegistry } from '../../../registry/server/open-registry.ts'
import type { Inventory, TrashKeeper } from '../../../retention/ports.ts'
import { imageSigners } from '../../adapters/image-signers.ts'
import { ownSignatures } from '../../adapters/own-signatures.ts'
import { createRegistryInventory } from '../../adapters/registry-inventory.ts'
import { readSignerKeys } from '../../adapters/signer-keys.ts'
import { trashRoots } from '../../adapters/trash-roots.ts'
import { registryTrust } from '../../serve/registry-trust.ts'
import { loadConfig } from '../serve/load-config.ts'
import { trustConnection } from '../trust-connection.ts'
import type { AloneOptions } from './alone-options.ts'
import { quietLog } from './quiet-log.ts'

/**
 * The registry in the data folder, on its files. `opened` gets what is to be closed again. Errors: SERVER_BUSY, STORE_INVALID,
 * SERVER_CONFIG_INVALID.
 */
export async function openRegistryInventory(
  { root, flags }: AloneOptions,
  trash: TrashKeeper,
  opened: AsyncDisposableStack,
): Promise<Inventory> {
  const { config, folder, retention } = await loadConfig(
    { root, ...(flags.config !== undefined && { config: flags.config }) },
    process.env,
  )
  const log = quietLog
  const connection = trustConnection
  const trust = opened.use(registryTrust({ root, folder, config: () => config, notary: undefined, connection, log }))
  const roots = [...trust.roots, trashRoots(trash)]
  const registry = await openRegistry({ root, config, log, roots, isReadOnly: () => false })
  opened.defer(async () => registry.service.close())
  const keys = await readSignerKeys(retention.signers)
  const signers = imageSigners(keys, (name) => ownSignatures(registry.service, name))
  return createRegistryInventory({ registry, trash, signedIn: trust.signedIn, signers })
}
