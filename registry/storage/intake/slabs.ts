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
/** Slabs that wait to be taken again. */
const kept = 16
const smallest = 64 * kibibyte

/** A thousand bodies at once take little more memory than `plenty`: each of them then writes in smaller pieces. */
export function createSlabs({ size = 512 * kibibyte, plenty = 64 * kibibyte * kibibyte }: SlabOptions = {}): Slabs {
  const free: Slab[] = []
  let out = 0
  const make = (bytes: number): Slab => new Uint8Array(new SharedArrayBuffer(bytes))
  return {
    take: () => {
      const slab = out < plenty ? (free.pop() ?? make(size)) : make(Math.min(smallest, size))
      out += slab.byteLength
      return slab
    },
    give: (slab) => {
      out -= slab.byteLength
      if (slab.byteLength === size && free.length < kept) free.push(slab)
    },
  }
}
