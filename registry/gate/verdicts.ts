import { Recent } from '../../shared/base/recent.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Judge } from './types.ts'

interface Known {
  readonly version: string
  readonly until: number
}

/**
 * What was found to be allowed, for as long as the signatures of its repository are the same and none that counts is over. What is
 * not allowed is looked at each time: it may have become so by a push as well.
 */
export class Verdicts {
  readonly #known = new Map<Judge, Recent<string, Known>>()
  readonly #now: () => number

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Until when it is allowed, in milliseconds since the epoch; undefined where nothing is known. */
  find(judge: Judge, { name, what, version }: VerdictKey): number | undefined {
    const known = this.#known.get(judge)?.get(`${name} ${what}`)
    return known !== undefined && known.version === version && this.#now() < known.until ? known.until : undefined
  }

  allow(judge: Judge, { name, what, version }: VerdictKey, until: number): void {
    const known = this.#known.get(judge) ?? new Recent<string, Known>(mostVerdicts)
    this.#known.set(judge, known)
    known.set(`${name} ${what}`, { version, until })
  }
}

export interface VerdictKey {
  readonly name: RepositoryName
  /**
   * `signed DIGEST`: it is signed, or what is signed names it. `pull KIND DIGEST TAG?`: it may be pulled so, for whatever reason;
   * what only belongs to something that is signed gives nothing that it names a right to be pulled.
   */
  readonly what: string
  /** Of the signatures of the repository. */
  readonly version: string
}

/** Of one rule. */
const mostVerdicts = 50_000
