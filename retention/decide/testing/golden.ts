import type { ItemFacts } from '../../facts.ts'
import type { Policy } from '../../policy/types.ts'
import type { DeleteOrder } from '../candidates.ts'
import type { SetParts } from './policies.ts'

/** One case: what a policy makes of the items of one repository. */
export interface GoldenCase {
  readonly sets?: readonly SetParts[]
  readonly policy?: Partial<Policy>
  readonly items: readonly ItemFacts[]
  /** For how many days pulls are known. */
  readonly known?: number
  readonly only?: readonly string[]
  readonly order?: DeleteOrder
  /** Of each item: `REASON place`. */
  readonly expected: Readonly<Record<string, string>>
}

export type GoldenRow = readonly [name: string, row: GoldenCase]
