import { errnoOf } from '../../shared/base/errors.ts'
import { RegistryError } from '../protocol/error.ts'
import { TreeFlaw } from './flaw.ts'

/** Tells of flaws, each place once, and counts them. */
export interface FlawTeller {
  readonly count: number
  /** Does work on what lies at a place, unless a flaw was found there before. Errors that are no flaws are thrown. */
  tell(place: string, work: () => Promise<void>): Promise<void>
}

/** Places that are remembered; beyond them one may be counted twice. */
const remembered = 100_000

export function flawTeller(onFlaw: (place: string, flaw: TreeFlaw) => Promise<void>): FlawTeller {
  const told = new Set<string>()
  let count = 0
  return {
    get count() {
      return count
    },
    tell: async (place, work) => {
      if (told.has(place)) return
      try {
        await work()
      } catch (error) {
        const flaw = flawOf(error)
        if (flaw === undefined) throw error
        count++
        if (told.size < remembered) told.add(place)
        await onFlaw(place, flaw)
      }
    },
  }
}

/** Undefined for an error that tells nothing of what lies in the tree. */
function flawOf(error: unknown): TreeFlaw | undefined {
  if (error instanceof TreeFlaw) return error
  if (error instanceof RegistryError && error.code === 'MANIFEST_INVALID')
    return new TreeFlaw('not-taken', error.message, error)
  const code = errnoOf(error) ?? ''
  return ['EACCES', 'EIO', 'ELOOP'].includes(code)
    ? new TreeFlaw('unreadable', `it cannot be read (${code})`, error)
    : undefined
}
