import type { Gun } from '../../notary/tuf/types.ts'
import { rolesInOrder, targetsIn } from '../../notary/verifier/resolve.ts'
import type { SignedTarget, TrustedCollection } from '../../notary/verifier/types.ts'
import { type IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { Recent } from '../../shared/base/recent.ts'

/** What is known of a collection: all of it, verified; or why it cannot be used. */
export type HeldCollection =
  | { readonly failure: IbuildError }
  | {
      readonly failure?: undefined
      readonly collection: TrustedCollection
      /** Names of content, by the hex of its sha256. */
      readonly byHash: ReadonlyMap<string, readonly SignedTarget[]>
      /** When the first of its files is over; milliseconds since the epoch. */
      readonly expires: number
    }

export interface HoldOptions {
  /** Verifies a collection as it is now. Errors: `TRUST_*`. */
  readonly look: (gun: Gun) => Promise<TrustedCollection>
  /** Another text as soon as a collection may be another one; taken before it is looked at. */
  readonly moment: (gun: Gun) => string
  /** True where a server that could not be reached is asked again in another moment only. */
  readonly holdsFailures: boolean
}

interface Held {
  readonly value: HeldCollection
  readonly moment: string
  readonly version: string
}

/** Targets of all collections that are held together. */
const mostTargets = 300_000

/** Verified collections in memory, each looked at again when it may have changed, or when it is over. */
export class HeldCollections {
  readonly #options: HoldOptions
  readonly #held = new Recent<Gun, Held>(mostTargets, ({ value }) => 1 + sizeOf(value))
  readonly #looking = new Map<string, Promise<Held>>()
  readonly #now: () => number
  #versions = 0

  constructor(options: HoldOptions, now: () => number) {
    this.#options = options
    this.#now = now
  }

  /** As {@link version}; undefined when the collection must be looked at first. */
  peekVersion(gun: Gun): string | undefined {
    return this.#current(gun)?.version
  }

  /** Another text whenever something else is held. */
  async version(gun: Gun): Promise<string> {
    return (await this.#get(gun)).version
  }

  async get(gun: Gun): Promise<HeldCollection> {
    return (await this.#get(gun)).value
  }

  #current(gun: Gun): Held | undefined {
    const held = this.#held.get(gun)
    if (held === undefined || held.moment !== this.#options.moment(gun)) return undefined
    const { value } = held
    return value.failure === undefined && value.expires <= this.#now() ? undefined : held
  }

  async #get(gun: Gun): Promise<Held> {
    const held = this.#current(gun)
    if (held !== undefined) return held
    const moment = this.#options.moment(gun)
    const key = `${gun} ${moment}`
    const looking = this.#looking.get(key) ?? this.#look(gun, moment).finally(() => this.#looking.delete(key))
    this.#looking.set(key, looking)
    return looking
  }

  async #look(gun: Gun, moment: string): Promise<Held> {
    const value = await this.#options.look(gun).then(heldOf, failureOf)
    const before = this.#held.get(gun)
    const isSame = before !== undefined && textOf(before.value) === textOf(value)
    const held = { value, moment, version: isSame ? before.version : String(++this.#versions) }
    if (this.#options.holdsFailures || value.failure?.code !== 'TRUST_UNREACHABLE') this.#held.set(gun, held)
    return held
  }
}

function heldOf(collection: TrustedCollection): HeldCollection {
  const byHash = new Map<string, SignedTarget[]>()
  for (const signed of rolesInOrder(collection).flatMap((role) => targetsIn(collection, role))) {
    const hash = signed.target.sha256.toString('hex')
    const names = byHash.get(hash) ?? []
    names.push(signed)
    byHash.set(hash, names)
  }
  const { root, timestamp, snapshot, targets } = collection
  const files = [root, timestamp, snapshot, ...targets.values()]
  return { collection, byHash, expires: Math.min(...files.map(({ signed }) => signed.expires)) }
}

function failureOf(error: unknown): HeldCollection {
  if (isIbuildError(error)) return { failure: error }
  throw error
}

function sizeOf(value: HeldCollection): number {
  return value.failure === undefined ? value.byHash.size : 0
}

/** Equal for what gives the same judgements. */
function textOf(value: HeldCollection): string {
  if (value.failure !== undefined) return `${value.failure.code} ${value.failure.message}`
  const { root, timestamp, isFresh, confirmedAt } = value.collection
  const roots = root.signed.version
  return `${roots} ${timestamp.signed.snapshot.sha256.toString('hex')} ${isFresh ? 'fresh' : confirmedAt}`
}
