import type { TrustStore } from '../store/types.ts'
import { LiveCollections } from './live-collections.ts'
import { signedDigestsOf } from './signed-digests.ts'
import type { NotaryService } from './types.ts'

/** What collections sign, for whoever has to keep it. */
export type SignedContent = Pick<NotaryService, 'collections' | 'signedDigests' | 'trustVersion'>

/** The same of a store that nobody serves. */
export function signedContentIn(store: TrustStore): SignedContent {
  const live = new LiveCollections(store)
  return {
    collections: (page) => store.collections(page),
    signedDigests: async (gun) => {
      const state = await live.state(gun)
      return state === undefined ? new Map() : signedDigestsOf(live, state)
    },
    trustVersion: async (gun) => (await live.state(gun))?.revision,
  }
}
