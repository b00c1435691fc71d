import { pageMemory } from '../../../shared/sys/page-memory.ts'

/** Memory that bytes are gathered in, seen by other threads too. */
export type Slab = Uint8Array<SharedArrayBuffer>

export interface Slabs {
  /** A slab whose content is of no meaning. Smaller ones when very many are out. */
  take(): Slab
  /** Gives it back: nobody may write to or read from it any more. */
  give(slab: Slab): void
}

export interface SlabOptions {
  /** Bytes of a slab. */
  readonly size?: number
  /** Bytes that may be out before slabs become smaller. */
  readonly plenty?: number
}

const kibibyte = 1024
const smallest = 64 * kibibyte
/** Bytes of the memory that begins on a page: for some twenty large bodies at once, more are seldom written past the cache. */
const arenaBytes = 16 * kibibyte * kibibyte
/** Bytes of slabs that wait to be taken again, of each of the two sizes. */
const kept = 16 * kibibyte * kibibyte

/** A thousand bodies at once take little more memory than `plenty`: each of them then writes in smaller pieces. */
export function createSlabs({ size = 768 * kibibyte, plenty = 64 * kibibyte * kibibyte }: SlabOptions = {}): Slabs {
  const free = new Map<number, Slab[]>([
    [size, []],
    [Math.min(smallest, size), []],
  ])
  let arena: SharedArrayBuffer | undefined
  let arenaFree: Slab[] | undefined
  let out = 0

  const fromArena = (): Slab | undefined => {
    if (arenaFree === undefined) {
      arena = pageMemory(arenaBytes)
      arenaFree = arena === undefined ? [] : partsOf(arena, size)
    }
    return arenaFree.pop()
  }
  return {
    take: () => {
      const bytes = out < plenty ? size : Math.min(smallest, size)
      out += bytes
      const used = (bytes === size ? fromArena() : undefined) ?? free.get(bytes)?.pop()
      return used ?? new Uint8Array(new SharedArrayBuffer(bytes))
    },
    give: (slab) => {
      out -= slab.byteLength
      if (slab.buffer === arena) return void arenaFree?.push(slab)
      const same = free.get(slab.byteLength)
      if (same !== undefined && same.length * slab.byteLength < kept) same.push(slab)
    },
  }
}

/** The first one last, to be taken first: memory that was never used is not there as yet. */
function partsOf(memory: SharedArrayBuffer, size: number): Slab[] {
  const count = Math.floor(memory.byteLength / size)
  return Array.from({ length: count }, (_, i) => new Uint8Array(memory, (count - 1 - i) * size, size))
}
