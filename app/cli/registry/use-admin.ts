import { setTimeout as sleep } from 'node:timers/promises'
import { connectAdmin } from '../../../registry/server/admin/client.ts'
import { serviceAdmin } from '../../../registry/server/admin/service-admin.ts'
import type { RegistryAdmin } from '../../../registry/server/admin/types.ts'
import type { OpenRegistry } from '../../../registry/server/open-registry.ts'
import { openRegistry } from '../../../registry/server/open-registry.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { requireRegistry } from '../../../registry/storage/require-registry.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { dataFolder } from '../data-folder.ts'
import { loadConfig } from '../serve/load-config.ts'

/** Milliseconds in which another command, or a server that starts or ends, is waited for. */
const patience = 5000

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
  for (const end = Date.now() + patience; ; await sleep(100)) {
    const admin = await connectAdmin(adminSocket)
    if (admin !== undefined) return work(admin)
    await using opened = new AsyncDisposableStack()
    const registry = await openAlone({ root, file: flags.config, isPatient: Date.now() < end, opened })
    if (registry !== undefined) return await work(serviceAdmin(registry))
  }
}

interface Alone {
  readonly root: string
  /** With the configuration. */
  readonly file: string | undefined
  readonly isPatient: boolean
  /** Gets what is to be closed again. */
  readonly opened: AsyncDisposableStack
}

/** Undefined when somebody else has it open, while there is patience. */
async function openAlone({ root, file, isPatient, opened }: Alone): Promise<OpenRegistry | undefined> {
  const tell = (line: string): void => void process.stderr.write(`${sanitize(line)}\n`)
  const log = { info: tell, warn: tell }
  try {
    const { config, folder } = await loadConfig({ root, ...(file !== undefined && { config: file }) }, process.env)
    const { registryTrust } = await import('../../serve/registry-trust.ts')
    const { trustConnection } = await import('../trust-connection.ts')
    const trust = { root, folder, config: () => config, notary: undefined, connection: trustConnection, log }
    const { storedTrash } = await import('../../adapters/stored-trash.ts')
    const roots = [...opened.use(registryTrust(trust)).roots, opened.use(storedTrash(root, tell)).roots]
    const registry = await openRegistry({ root, config, log, roots, isReadOnly: () => false })
    opened.defer(() => registry.service.close())
    return registry
  } catch (error) {
    if (isPatient && isIbuildError(error, 'SERVER_BUSY')) return undefined
    throw error
  }
}
