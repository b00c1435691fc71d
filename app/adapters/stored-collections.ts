import { existsSync } from 'node:fs'
import { notaryLayout } from '../../notary/server/layout.ts'
import { signedContentIn } from '../../notary/service/signed-content.ts'
import { openTrustStore } from '../../notary/store/open-trust-store.ts'
import type { TrustStore } from '../../notary/store/types.ts'
import { type SignedIn, signedHere } from './trust-roots.ts'

/** The collections of a data folder whose notary does not run in this process. */
export interface StoredCollections extends AsyncDisposable {
  /** Opens them when it is asked for the first time. Errors: SERVER_BUSY when another process has them open; STORE_INVALID. */
  readonly signedIn: SignedIn
}

export function storedCollections(root: string, onNotice: (notice: string) => void): StoredCollections {
  const { metadata: folder } = notaryLayout(root)
  let opened: Promise<{ readonly store: TrustStore; readonly signedIn: SignedIn }> | undefined
  const open = async (): Promise<{ readonly store: TrustStore; readonly signedIn: SignedIn }> => {
    const store = await openTrustStore({ folder, onNotice })
    return { store, signedIn: signedHere(signedContentIn(store)) }
  }
  return {
    signedIn: async (name) => {
      if (opened === undefined && !existsSync(folder)) return []
      opened ??= open()
      opened.catch(() => {
        opened = undefined // whoever has it open may be gone the next time
      })
      return (await opened).signedIn(name)
    },
    async [Symbol.asyncDispose]() {
      const known = await opened?.catch(() => undefined)
      await known?.store.close()
    },
  }
}
