import type { Counts, Decision, Reason } from './types.ts'

/** Counts decisions. Memory: the digests that go, each once. */
export class Tally {
  readonly #reasons = new Map<Reason, number>()
  readonly #digests = new Set<string>()
  #considered = 0
  #deleted = 0
  #bytes = 0

  add({ item, verdict, reason }: Decision): void {
    this.#considered++
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    if (verdict === 'keep') return
    this.#deleted++
    if (this.#digests.has(item.digest)) return
    this.#digests.add(item.digest)
    this.#bytes += item.size
  }

  counts(): Counts {
    const [considered, deleted] = [this.#considered, this.#deleted]
    const reasons = Object.fromEntries(this.#reasons)
    return { considered, kept: considered - deleted, deleted, bytes: this.#bytes, reasons }
  }
}
