import type { Limits } from '../policy/types.ts'
import { Best } from './best.ts'
import { byTurn, type Candidate } from './candidates.ts'
import { fates, type Ledger } from './ledger.ts'

/** True when what goes in one repository depends on the others. */
export function hasRunLimits({ maxTags, maxBytes }: Limits): boolean {
  return maxTags !== undefined || maxBytes !== undefined
}

/** Holds what goes in all repositories against the limits of a run. Memory: up to `maxTags` items; without that limit all that go. */
export class RunLimits {
  readonly #going: Best<Candidate>
  readonly #maxBytes: number
  readonly #ledger: Ledger

  constructor({ maxTags = Infinity, maxBytes = Infinity }: Limits, ledger: Ledger) {
    this.#going = new Best(maxTags, byTurn)
    this.#maxBytes = maxBytes
    this.#ledger = ledger
  }

  /** What is alone larger than a run may free never goes, and does not stop those behind it. */
  isTooLarge({ size }: { readonly size: number }): boolean {
    return size > this.#maxBytes
  }

  offer(candidate: Candidate): void {
    this.#ledger.setFate(candidate.ordinal, fates.maxTags)
    this.#going.offer(candidate)
  }

  /** In their turn, until one would go beyond the bytes: it and all behind it stay. Each digest counts once. */
  settle(): void {
    const digests = new Set<string>()
    let left = this.#maxBytes
    for (const { ordinal, digest, size } of this.#going.sorted()) {
      if (!digests.has(digest)) left -= size
      digests.add(digest)
      this.#ledger.setFate(ordinal, left < 0 ? fates.maxBytes : fates.goes)
    }
  }
}
