import { connectAdmin } from '../../../registry/server/admin/client.ts'
import { serviceAdmin } from '../../../registry/server/admin/service-admin.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import { openRegistry } from '../../../registry/server/open-registry.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { requireRegistry } from '../../../registry/storage/require-registry.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { dataFolder } from '../data-folder.ts'
import { loadConfig } from '../serve/load-config.ts'
import { whileBusy } from '../while-busy.ts'

/**
 * Runs `work` on the registry of the data folder: through the server that has it open, or else on its files, which then are
 * this process's alone: then by the configuration that a server would have. Errors: STORE_INVALID where there is no registry, unless it `isMade`;
 * SERVER_BUSY when its owner does not answer; SERVER_CONFIG_INVALID.
 */
export async function useAdmin<T>(
  flags: { readonly root?: string; readonly config?: string },
  work: (admin: RegistryAdmin) => Promise<T>,
  { isMade = false }: { readonly isMade?: boolean } = {},
): Promise<T> {
  const root = dataFolder(flags.root)
  const { adminSocket, metadata } = registryLayout(root)
  if (!isMade) requireRegistry(root, metadata)
  await using opened = new AsyncDisposableStack()
  const alone = { root, file: flags.config, opened }
  return await work(await whileBusy(async () => (await connectAdmin(adminSocket)) ?? openAlone(alone)))
}

interface Alone {
  readonly root: string
  /** With the configuration. */
  readonly file: string | undefined
  /** Gets what is to be closed again. */
  readonly opened: AsyncDisposableStack
}

async function openAlone({ root, file, opened }: Alone): Promise<RegistryAdmin> {
  const tell = (line: string): void => void process.stderr.write(`${sanitize(line)}\n`)
  const log = { info: tell, warn: tell }
  const { config, folder } = await loadConfig({ root, ...(file !== undefined && { config: file }) }, process.env)
  const { registryTrust } = await import('../../serve/registry-trust.ts')
  const { trustConnection } = await import('../trust-connection.ts')
  const trust = { root, folder, config: () => config, notary: undefined, connection: trustConnection, log }
  const { storedTrash } = await import('../../adapters/stored-trash.ts')
  await using own = new AsyncDisposableStack()
  const roots = [...own.use(registryTrust(trust)).roots, own.use(storedTrash(root, tell)).roots]
  const registry = await openRegistry({ root, config, log, roots, isReadOnly: () => false })
  own.defer(() => registry.service.close())
  opened.use(own.move())
  return serviceAdmin(registry)
}
