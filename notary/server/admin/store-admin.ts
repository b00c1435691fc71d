import { adoptInto } from '../../service/adopt-collection.ts'
import { LiveCollections } from '../../service/live-collections.ts'
import type { TrustStore } from '../../store/types.ts'
import { copyCollection, sourceOfCopy } from '../../verifier/copy-collection.ts'
import type { NotaryAdmin } from './types.ts'

/** The same for a store that no server has open: what is done here needs no keys. */
export function storeAdmin(store: TrustStore): NotaryAdmin {
  const live = new LiveCollections(store)
  return {
    audit: (page) => store.audit(page),
    adopt: async (gun, sent) => {
      const copy = await copyCollection(gun, sourceOfCopy(sent))
      const { adoption } = await adoptInto(gun, copy, { store, live, by: {}, at: Date.now() })
      return adoption
    },
  }
}
