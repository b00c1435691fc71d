import { type Digest, hexOf } from '../../shared/base/digest.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import type { LayerIndex } from '../layers/index-types.ts'
import type { FileSize } from './types.ts'

/** Smaller files are not looked at: they cost little, and many are alike. */
const smallestIdentical = 4096

/** One content under several paths. */
export interface IdenticalFiles {
  readonly digest: Digest
  readonly size: number
  /** Number of paths. */
  readonly count: number
  /** Layer of the place found first. */
  readonly layer: number
  /** The first places, in order of path. */
  readonly places: readonly FileSize[]
}

interface Found {
  readonly digest: Digest
  readonly size: number
  readonly slot: number
  count: number
  places: FileSize[]
}

const mostSlots = 1 << 22
const mostContents = 20_000
const mostPlaces = 5

/**
 * Finds contents that several visible files have, in bounded memory: a table of numbers holds a piece of every digest and
 * where its first file stands; only a content that comes again gets an object.
 */
export class IdenticalFinder {
  readonly #keys: Float64Array
  readonly #layers: Uint16Array
  readonly #ordinals: Uint32Array
  readonly #mask: number
  readonly #found = new Map<Digest, Found>()
  #filled = 0
  /** False when there was more than the tables hold. */
  complete = true

  /** `files` is the number of files that can come at most. */
  constructor(files: number) {
    let slots = 1024
    while (slots < files * 1.5 && slots < mostSlots) slots *= 2
    this.#keys = new Float64Array(slots)
    this.#layers = new Uint16Array(slots)
    this.#ordinals = new Uint32Array(slots)
    this.#mask = slots - 1
  }

  /** Takes a visible file: the `ordinal`-th file (from 0) of a layer. */
  add({ digest, size, path }: LayerEntry, layer: number, ordinal: number): void {
    if (digest === undefined || size < smallestIdentical || layer > 0xffff || ordinal > 0xffff_ffff) return
    const key = Number.parseInt(hexOf(digest).slice(0, 13), 16) + 1
    let slot = key & this.#mask
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & this.#mask
    if (this.#keys[slot] === key) this.#again({ digest, size, slot }, { path, bytes: size, layer })
    else this.#insert(slot, { key, layer, ordinal })
  }

  #insert(slot: number, { key, layer, ordinal }: { key: number; layer: number; ordinal: number }): void {
    if (this.#filled > this.#mask * 0.75) {
      this.complete = false
      return
    }
    this.#filled++
    this.#keys[slot] = key
    this.#layers[slot] = layer
    this.#ordinals[slot] = ordinal
  }

  #again(content: { digest: Digest; size: number; slot: number }, place: FileSize): void {
    const known = this.#found.get(content.digest)
    if (known === undefined && this.#found.size >= mostContents) {
      this.complete = false
      return
    }
    const found = known ?? { ...content, count: 1, places: [] }
    this.#found.set(content.digest, found)
    found.count++
    if (found.places.length < mostPlaces - 1) found.places.push(place)
  }

  /** The `most` contents whose copies take the most bytes, their first places looked up in the indexes. */
  largest(indexes: readonly LayerIndex[], most: number): IdenticalFiles[] {
    const largest = [...this.#found.values()].sort((a, b) => copies(b) - copies(a) || (a.digest < b.digest ? -1 : 1))
    const chosen = largest.slice(0, most)
    if (chosen.length < largest.length) this.complete = false
    const firsts = this.#firstPlaces(indexes, chosen)
    return chosen.flatMap(({ digest, size, slot, count, places }) => {
      const first = firsts.get(slot)
      if (first === undefined) return []
      return [{ digest, size, count, layer: first.layer, places: [{ ...first, bytes: size }, ...places] }]
    })
  }

  /** Walks each layer that holds a first place once, up to the last one in it. */
  #firstPlaces(
    indexes: readonly LayerIndex[],
    chosen: readonly Found[],
  ): ReadonlyMap<number, { path: LayerPath; layer: number }> {
    const wanted = new Map<number, Map<number, Found>>()
    for (const found of chosen) {
      const layer = this.#layers[found.slot] ?? 0
      const ordinals = wanted.get(layer) ?? new Map<number, Found>()
      wanted.set(layer, ordinals.set(this.#ordinals[found.slot] ?? 0, found))
    }
    const places = new Map<number, { path: LayerPath; layer: number }>()
    for (const [layer, ordinals] of wanted) {
      for (const { ordinal, path, digest } of filesAt(indexes[layer], ordinals)) {
        const found = ordinals.get(ordinal)
        // Only a piece of the digest was compared so far.
        if (found !== undefined && found.digest === digest) places.set(found.slot, { path, layer })
      }
    }
    return places
  }
}

function copies({ size, count }: Found): number {
  return size * (count - 1)
}

interface NumberedFile {
  readonly ordinal: number
  readonly path: LayerPath
  readonly digest: Digest | undefined
}

/** The files with these numbers. */
function* filesAt(index: LayerIndex | undefined, ordinals: ReadonlyMap<number, unknown>): Generator<NumberedFile> {
  let next = 0
  let left = ordinals.size
  for (const { type, path, digest } of index?.entries() ?? []) {
    if (type !== 'file') continue
    const ordinal = next++
    if (!ordinals.has(ordinal)) continue
    yield { ordinal, path, digest }
    if (--left === 0) return
  }
}
