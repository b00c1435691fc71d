import { setTimeout as sleep } from 'node:timers/promises'
import { connectNotary } from '../../../notary/server/admin/client.ts'
import { storeAdmin } from '../../../notary/server/admin/store-admin.ts'
import type { NotaryAdmin } from '../../../notary/server/admin/types.ts'
import { notaryLayout } from '../../../notary/server/layout.ts'
import { openTrustStore } from '../../../notary/store/open-trust-store.ts'
import type { TrustStore } from '../../../notary/store/types.ts'
import { isThere } from '../../../registry/storage/require-registry.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { makeDataRoot } from '../../../shared/cas/data-root.ts'
import { dataFolder } from '../data-folder.ts'
import { printNotice } from '../registry-client.ts'

/** Milliseconds in which another command, or a server that starts or ends, is waited for. */
const patience = 5000
/** What a server is configured to clear away is its business alone. */
const everything = { time: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

/**
 * Runs `work` on the notary of the data folder: through the server that has it open, or else on its files, which then are this process's
 * alone. Errors: STORE_INVALID where there is none, unless it `isMade`; SERVER_BUSY when its owner does not answer.
 */
export async function useNotary<T>(
  flags: { readonly root?: string },
  work: (admin: NotaryAdmin) => Promise<T>,
  { isMade = false }: { readonly isMade?: boolean } = {},
): Promise<T> {
  const root = dataFolder(flags.root)
  const { folder, metadata, adminSocket } = notaryLayout(root)
  if (!isMade && !isThere(metadata)) throw noNotary(root)
  for (const end = Date.now() + patience; ; await sleep(100)) {
    const admin = isThere(folder) ? await connectNotary(adminSocket) : undefined
    if (admin !== undefined) return work(admin)
    const store = await openAlone(root, Date.now() < end)
    if (store === undefined) continue
    try {
      return await work(storeAdmin(store))
    } finally {
      await store.close()
    }
  }
}

/** Undefined when somebody else has it open, while there is patience. */
async function openAlone(root: string, isPatient: boolean): Promise<TrustStore | undefined> {
  try {
    await makeDataRoot(root)
    const { metadata: folder } = notaryLayout(root)
    return await openTrustStore({ folder, retention: everything, audit: everything, onNotice: printNotice })
  } catch (error) {
    if (isPatient && isIbuildError(error, 'SERVER_BUSY')) return undefined
    throw error
  }
}

function noNotary(root: string): IbuildError {
  return new IbuildError('STORE_INVALID', `there is no notary in ${root}`, {
    hint: 'ibuild serve and ibuild notary serve make one; --root names the data folder.',
  })
}
