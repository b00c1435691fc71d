import type { ItemFacts } from '../facts.ts'

/** How many items may still be kept in memory. */
export interface Space {
  left: number
}

type Page = readonly ItemFacts[]

/** The items of a repository, to be read more than once: from memory the second time, where there is space for all of them. */
export class Pages implements AsyncIterable<Page> {
  readonly #read: () => AsyncIterable<Page>
  readonly #space: Space
  #kept: Page[] | undefined

  constructor(read: () => AsyncIterable<Page>, space: Space) {
    this.#read = read
    this.#space = space
  }

  /** True when they are the same each time. */
  get areKept(): boolean {
    return this.#kept !== undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Page> {
    if (this.#kept === undefined) yield* this.#readAll()
    else yield* this.#kept
  }

  /** Gives the space back. They can be read again. */
  forget(): void {
    this.#space.left += this.#kept?.reduce((sum, { length }) => sum + length, 0) ?? 0
    this.#kept = undefined
  }

  async *#readAll(): AsyncGenerator<Page> {
    const kept: Page[] = []
    let size = 0
    for await (const page of this.#read()) {
      size += page.length
      if (size <= this.#space.left) kept.push(page)
      else kept.length = 0
      yield page
    }
    if (size > this.#space.left || this.#kept !== undefined) return
    this.#kept = kept
    this.#space.left -= size
  }
}
