import { unlessUnknown } from '../protocol/unless-unknown.ts'
import { type GivenBack, planGiveBack } from './give-back.ts'
import type { ManifestCaches } from './manifest-caches.ts'
import { carryOut, type ManifestPlan } from './manifest-plan.ts'
import type { ServiceParts } from './parts.ts'
import { digestNow, planRollBack } from './roll-back.ts'
import type { TagChanger } from './tag-change.ts'
import { chooseMove, type HistoryParts, listMoves, manifestGone } from './tag-history.ts'
import { pushOf, withRows } from './told-plan.ts'
import type { TagHistory } from './types.ts'

export interface TagHistoryParts extends HistoryParts, TagChanger, Pick<ServiceParts, 'locks' | 'guard' | 'tell'> {
  readonly caches: ManifestCaches
}

/** {@link TagHistory} over the metadata. */
export function createTagHistory(parts: TagHistoryParts): TagHistory {
  const { metadata, caches, manifests, locks, guard, tell } = parts
  return {
    moves: (name, tag) => listMoves(parts, name, tag),
    rollBack: async (name, tag, { to, by }) => {
      guard()
      const { digest, move: restores } = chooseMove({ name, tag }, await listMoves(parts, name, tag), to)
      const stored = await manifests.get(name, { digest })
      const before = await digestNow(parts, name, tag)
      const plan = async (): Promise<ManifestPlan> => {
        const found = await planRollBack(parts, { name, tag, stored, restores, by })
        if (found === undefined) throw manifestGone({ name, tag }, { digest, move: restores })
        return found.change === undefined ? found : withRows(found, tell(pushOf(name, stored, [tag]), undefined))
      }
      await locks.run(digest, () => carryOut({ metadata, caches }, plan))
      return { restored: restores, digest, before }
    },
    giveBack: async (name, tag, { to, by }) => {
      guard()
      const stored = await manifests.get(name, { digest: to }).catch(unlessUnknown)
      if (stored === undefined) return 'gone'
      let kind: GivenBack = 'gone'
      const plan = async (): Promise<ManifestPlan> => {
        const found = await planGiveBack(parts, { name, tag, stored, by })
        kind = found.kind
        return found.plan.change === undefined
          ? found.plan
          : withRows(found.plan, tell(pushOf(name, stored, [tag]), undefined))
      }
      await locks.run(to, () => carryOut({ metadata, caches }, plan))
      return kind
    },
  }
}
