import { Recent } from '../../shared/base/recent.ts'
import type { MetadataHolder } from './doubtful-metadata.ts'
import { createStamps } from './stamps.ts'

/**
 * Holds values that were stored or read, never one that a reader of the store could not have got at that moment. That needs
 * one owner of the store, who tells of each write before it begins: from then until its end nothing is held under its keys,
 * and nobody who read before or during a write of a key fills in what he read of it. The least recently used go when there is too much.
 */
export class CoherentCache<Value> implements MetadataHolder {
  readonly #weigh: (value: Value) => number
  readonly #capacity: number
  readonly #entries: Recent<string, Entry<Value>>
  /** How many writes of a key are going on, and whether there was more than one at once. */
  readonly #writing = new Map<string, { count: number; isShared: boolean }>()
  readonly #stamps = createStamps()
  #isSuspended = false

  /** `capacity` in bytes, and `weigh` those of a value; keys and an allowance for each entry are added. */
  constructor(capacity: number, weigh: (value: Value) => number) {
    this.#capacity = capacity
    this.#weigh = weigh
    this.#entries = new Recent(capacity, (entry) => entry.weight)
  }

  /** The value, when it is at hand. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  /** To be taken before the store is read, for {@link fill}. */
  stampOf(key: string): number {
    return this.#stamps.of(key)
  }

  /** Holds what was read, unless the key was written since the stamp. */
  fill(key: string, value: Value, stamp: number): void {
    if (stamp === this.#stamps.of(key) && !this.#writing.has(key)) this.#hold(key, value)
  }

  /** Tells that rows of these keys are about to be written. Call the result when that has ended, with what is stored if known. */
  write(keys: readonly string[]): (stored?: ReadonlyMap<string, Value>) => void {
    for (const key of keys) this.#begin(key)
    return (stored) => {
      for (const key of keys) this.#end(key, stored?.get(key))
    }
  }

  suspend(): void {
    this.#isSuspended = true
    this.#entries.clear()
  }

  resume(): void {
    this.#isSuspended = false
    this.#stamps.renewAll()
  }

  #begin(key: string): void {
    this.#stamps.renew(key)
    this.#entries.delete(key)
    const writing = this.#writing.get(key)
    if (writing === undefined) this.#writing.set(key, { count: 1, isShared: false })
    else this.#writing.set(key, { count: writing.count + 1, isShared: true })
  }

  /** Of several writes at once nobody knows here which was the last. */
  #end(key: string, stored: Value | undefined): void {
    this.#stamps.renew(key)
    const writing = this.#writing.get(key)
    if (writing === undefined) return
    writing.count--
    if (writing.count > 0) return
    this.#writing.delete(key)
    if (stored !== undefined && !writing.isShared) this.#hold(key, stored)
  }

  /** What would take the place of much else is not held. */
  #hold(key: string, value: Value): void {
    if (this.#isSuspended) return
    const weight = this.#weigh(value) + 2 * key.length + allowance
    if (weight <= this.#capacity / 4) this.#entries.set(key, { value, weight })
  }
}

interface Entry<Value> {
  readonly value: Value
  readonly weight: number
}

/** What an entry takes beside its key and its value, in bytes. */
const allowance = 200
