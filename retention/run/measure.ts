import type { Counts, Decision } from '../decide/types.ts'
import type { ItemName } from '../facts.ts'
import type { Inventory } from '../ports.ts'
import type { Totals, Within } from './types.ts'

/** Others that are told of. */
const mostTold = 10

/** Remembers what goes, up to a bound, and says what that would free. */
export class Measure {
  readonly #inventory: Inventory
  readonly #most: number
  readonly #start = performance.now()
  readonly #going: ItemName[] = []

  /** `most`: items of which it is asked what would be freed if they went. It takes a look at the rows of each. */
  constructor(inventory: Inventory, most: number) {
    this.#inventory = inventory
    this.#most = most
  }

  add({ item: { kind, repository, name }, verdict }: Decision): void {
    if (verdict === 'delete' && this.#going.length < this.#most) this.#going.push({ kind, repository, name })
  }

  /** Of others that share something, only repositories `within` are told. */
  async totals(counts: Counts, within: Within = () => true): Promise<Totals> {
    const none = { bytes: 0, shared: 0, sharedWith: [] }
    const freed = this.#going.length === 0 ? none : await this.#inventory.freedBy(this.#going)
    const { bytes, shared } = freed
    const sharedWith = freed.sharedWith.filter((name) => within(repositoryIn(name))).slice(0, mostTold)
    const milliseconds = Math.round(performance.now() - this.#start)
    return { ...counts, freed: bytes, shared, sharedWith, measured: this.#going.length, milliseconds }
  }
}

/** Of `REPOSITORY:TAG` or `REPOSITORY@DIGEST`; what is neither is in none. */
function repositoryIn(name: string): string {
  return /^([^\s@]+)(?:@\S+|:[^\s/:]+)$/.exec(name)?.[1] ?? ''
}
