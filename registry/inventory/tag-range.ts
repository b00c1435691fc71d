import type { LedTags } from './led-tags.ts'

/** The tags of a repository behind one key up to another, and what they lead to as far as that is remembered. */
export class TagRange {
  /** The key before its first one; undefined: none. */
  readonly from: string | undefined
  #upTo: string | undefined
  #next: TagRange | undefined
  #led: Promise<LedTags> | undefined
  /** Undefined as long as it is not known. */
  #awaited: ReadonlySet<string> | undefined
  #size = 0
  #version = 0

  constructor(from?: string, upTo?: string, next?: TagRange) {
    this.from = from
    this.#upTo = upTo
    this.#next = next
  }

  /** The last key that may be in it; undefined: all that come. */
  get upTo(): string | undefined {
    return this.#upTo
  }

  get next(): TagRange | undefined {
    return this.#next
  }

  get led(): Promise<LedTags> | undefined {
    return this.#led
  }

  /** Rows of which something is remembered. */
  get size(): number {
    return this.#size
  }

  /** Another number when something of it changed. */
  get version(): number {
    return this.#version
  }

  has(key: string): boolean {
    return (this.from === undefined || key > this.from) && (this.#upTo === undefined || key <= this.#upTo)
  }

  /** True when it may depend on whether the manifest is there what its tags lead to. */
  awaits(manifest: string): boolean {
    return this.#led !== undefined && this.#awaited?.has(manifest) !== false
  }

  /** What is behind `key` becomes a range of its own, of which nothing is known. */
  endAt(key: string | undefined): void {
    if (key === this.#upTo) return
    this.#next = new TagRange(key, this.#upTo, this.#next)
    this.#upTo = key
    this.forget()
  }

  /** Remembers what its rows lead to, unless finding it fails. */
  remember(led: Promise<LedTags>, size: number): void {
    this.forget()
    this.#led = led
    this.#size = size
    void this.#learn(led)
  }

  forget(): void {
    this.#led = undefined
    this.#awaited = undefined
    this.#size = 0
    this.#version++
  }

  async #learn(led: Promise<LedTags>): Promise<void> {
    const found = await led.catch(() => undefined)
    if (this.#led !== led) return
    if (found === undefined) this.forget()
    else this.#awaited = found.awaited
  }
}
