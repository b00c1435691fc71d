import type { Counts, Decision } from '../decide/types.ts'
import type { ItemName } from '../facts.ts'
import type { Inventory } from '../ports.ts'
import type { Totals } from './types.ts'

/** Items of which it is asked what would be freed if they went: it takes a look at the rows of each. */
const mostMeasured = 1000

/** Remembers what goes, up to a bound, and says what that would free. */
export class Measure {
  readonly #inventory: Inventory
  readonly #start = performance.now()
  readonly #going: ItemName[] = []

  constructor(inventory: Inventory) {
    this.#inventory = inventory
  }

  add({ item: { kind, repository, name }, verdict }: Decision): void {
    if (verdict === 'delete' && this.#going.length < mostMeasured) this.#going.push({ kind, repository, name })
  }

  async totals(counts: Counts): Promise<Totals> {
    const none = { bytes: 0, shared: 0 }
    const { bytes, shared } = this.#going.length === 0 ? none : await this.#inventory.freedBy(this.#going)
    const milliseconds = Math.round(performance.now() - this.#start)
    return { ...counts, freed: bytes, shared, measured: this.#going.length, milliseconds }
  }
}
