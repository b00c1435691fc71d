import type { TrashKeeper } from '../ports.ts'

/** A trash of which a test says what is in it. */
export class HeldTrash implements TrashKeeper {
  readonly #held = new Map<string, number>()

  add(repository: string, digest: string, until = Number.MAX_SAFE_INTEGER): void {
    this.#held.set(`${repository} ${digest}`, until)
  }

  remove(repository: string, digest: string): void {
    this.#held.delete(`${repository} ${digest}`)
  }

  async keeps(repository: string, digests: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(digests.filter((digest) => this.#held.has(`${repository} ${digest}`)))
  }

  async until(repository: string, digest: string): Promise<number | undefined> {
    return this.#held.get(`${repository} ${digest}`)
  }
}
