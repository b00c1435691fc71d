import { setImmediate as turn } from 'node:timers/promises'
import type { ItemFacts } from '../facts.ts'

/** How many items may still be kept in memory. */
export interface Space {
  left: number
}

type Page = readonly ItemFacts[]

/** Milliseconds after which whatever else waits in this process has its turn. */
const longest = 10

/**
 * The items of a repository, to be read more than once: from memory the second time, where there is space for all of them. Where there was
 * none they never are: what is read again may be others than those of the first time, which everything goes by.
 */
export class Pages implements AsyncIterable<Page> {
  readonly #read: () => AsyncIterable<Page>
  readonly #space: Space
  #kept: Page[] | undefined
  #wasRead = false

  constructor(read: () => AsyncIterable<Page>, space: Space) {
    this.#read = read
    this.#space = space
  }

  /** True when they are the same each time. */
  get areKept(): boolean {
    return this.#kept !== undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Page> {
    if (this.#kept !== undefined) yield* inTurns(this.#kept)
    else yield* this.#wasRead ? this.#read() : this.#readFirst()
  }

  /** Gives the space back. They can be read again. */
  forget(): void {
    this.#space.left += this.#kept?.reduce((sum, { length }) => sum + length, 0) ?? 0
    this.#kept = undefined
  }

  async *#readFirst(): AsyncGenerator<Page> {
    this.#wasRead = true
    const kept: Page[] = []
    let size = 0
    for await (const page of this.#read()) {
      size += page.length
      if (size <= this.#space.left) kept.push(page)
      else kept.length = 0
      yield page
    }
    if (size > this.#space.left) return
    this.#kept = kept
    this.#space.left -= size
  }
}

/** Nothing has to be waited for: without it all pages would be gone through before anybody else is served. */
async function* inTurns(pages: readonly Page[]): AsyncGenerator<Page> {
  let since = performance.now()
  for (const page of pages) {
    yield page
    if (performance.now() - since < longest) continue
    await turn()
    since = performance.now()
  }
}
