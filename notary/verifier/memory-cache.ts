import type { Gun } from '../tuf/types.ts'
import type { Remembered, TrustCache } from './types.ts'

/** A cache for one process, such as a server that asks the notary in it. */
export function memoryTrustCache(): TrustCache {
  const known = new Map<Gun, Remembered>()
  let revisions = 0
  return {
    load: async (gun) => known.get(gun),
    save: async (gun, content, since) => {
      if (known.get(gun)?.revision !== since?.revision) return false
      revisions += 1
      known.set(gun, { ...content, revision: String(revisions) })
      return true
    },
    confirm: async (gun, at) => {
      const before = known.get(gun)
      if (before !== undefined) known.set(gun, { ...before, confirmedAt: at })
    },
    remove: async (gun) => void known.delete(gun),
  }
}
