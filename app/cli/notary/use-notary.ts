import { connectNotary } from '../../../notary/server/admin/client.ts'
import { storeAdmin } from '../../../notary/server/admin/store-admin.ts'
import type { NotaryAdmin } from '../../../notary/server/admin/types.ts'
import { notaryLayout } from '../../../notary/server/layout.ts'
import { openTrustStore } from '../../../notary/store/open-trust-store.ts'
import { isThere } from '../../../registry/storage/require-registry.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { makeDataRoot } from '../../../shared/cas/data-root.ts'
import { dataFolder } from '../data-folder.ts'
import { printNotice } from '../registry-client.ts'
import { whileBusy } from '../while-busy.ts'

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
  await using opened = new AsyncDisposableStack()
  const reach = async (): Promise<NotaryAdmin> => {
    const admin = isThere(folder) ? await connectNotary(adminSocket) : undefined
    return admin ?? openAlone(root, opened)
  }
  return await work(await whileBusy(reach))
}

/** `opened` gets what is to be closed again. */
async function openAlone(root: string, opened: AsyncDisposableStack): Promise<NotaryAdmin> {
  await makeDataRoot(root)
  const { metadata: folder } = notaryLayout(root)
  const store = await openTrustStore({ folder, retention: everything, audit: everything, onNotice: printNotice })
  opened.defer(() => store.close())
  return storeAdmin(store)
}

function noNotary(root: string): IbuildError {
  return new IbuildError('STORE_INVALID', `there is no notary in ${root}`, {
    hint: 'ibuild serve and ibuild notary serve make one; --root names the data folder.',
  })
}
