import type { ItemFacts } from '../facts.ts'

/** What limits make of an item that a rule deletes. */
export const fates = { goes: 0, minRemaining: 1, percent: 2, maxTags: 3, maxBytes: 4 } as const

export type Fate = (typeof fates)[keyof typeof fates]

const byNumber: readonly Fate[] = [0, 1, 2, 3, 4]

/** How far an item may have moved since it was noted, because others before it went. */
const lookAhead = 4096

/**
 * What was found out about items, in columns: 13 bytes for each, in the order in which they were read. Where they are read again, an item is
 * known by its place and a hash; what came or changed in between is not found.
 */
export class Ledger {
  #length = 0
  #places = new Uint32Array(1024)
  #hashes = new Uint32Array(1024)
  #ranks = new Uint32Array(1024)
  #fates = new Uint8Array(1024)

  get length(): number {
    return this.#length
  }

  /** Returns the ordinal of the item. `place`: that of the step that holds. */
  add(item: ItemFacts, place: number): number {
    const ordinal = this.#length++
    if (ordinal === this.#places.length) this.#grow()
    this.#places[ordinal] = place
    this.#hashes[ordinal] = hashOf(item)
    this.#ranks[ordinal] = 0
    this.#fates[ordinal] = fates.goes
    return ordinal
  }

  /** Takes a stronger step; a weaker one changes nothing. */
  strengthen(ordinal: number, place: number, rank: number): void {
    if (place >= this.placeAt(ordinal)) return
    this.#places[ordinal] = place
    this.#ranks[ordinal] = rank
  }

  setFate(ordinal: number, fate: Fate): void {
    this.#fates[ordinal] = fate
  }

  placeAt(ordinal: number): number {
    return this.#places[ordinal] ?? 0
  }

  rankAt(ordinal: number): number {
    return this.#ranks[ordinal] ?? 0
  }

  fateAt(ordinal: number): Fate {
    return byNumber[this.#fates[ordinal] ?? 0] ?? fates.goes
  }

  /** Forgets all, and keeps the memory for others. */
  clear(): void {
    this.#length = 0
  }

  /** Looks up items that are read again in the same order, from `start` until before `end`. Answers with the ordinal. */
  finder(start: number, end: number): (item: ItemFacts) => number | undefined {
    let next = start
    return (item) => {
      const hash = hashOf(item)
      const last = Math.min(end, next + lookAhead)
      for (let ordinal = next; ordinal < last; ordinal++) {
        if (this.#hashes[ordinal] !== hash) continue
        next = ordinal + 1
        return ordinal
      }
      return undefined
    }
  }

  #grow(): void {
    const more = <T extends Uint32Array | Uint8Array>(old: T, column: T): T => {
      column.set(old)
      return column
    }
    const length = this.#places.length * 2
    this.#places = more(this.#places, new Uint32Array(length))
    this.#hashes = more(this.#hashes, new Uint32Array(length))
    this.#ranks = more(this.#ranks, new Uint32Array(length))
    this.#fates = more(this.#fates, new Uint8Array(length))
  }
}

/** FNV-1a of what names an item and of the end of its digest. */
function hashOf({ kind, name, digest }: ItemFacts): number {
  let hash = mix(0x811c9dc5, kind, 0)
  hash = mix(hash, name, 0)
  return mix(hash, digest, Math.max(0, digest.length - 8)) >>> 0
}

function mix(start: number, text: string, from: number): number {
  let hash = start
  for (let i = from; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
