/** Bytes of a page: what files and memory are divided into by those systems that this runs on. */
export const pageBytes = 4096

const unit = 64 * 1024
const known = new WeakSet<ArrayBufferLike>()

/** The part of WebAssembly that is used here, which Node's types do not have. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => { readonly buffer: SharedArrayBuffer }
}

/**
 * Zeros in memory that threads share and that begins on a page, which that of no other buffer does: what is written past the
 * cache of the system has to. `bytes` is rounded up to 64 KiB. Undefined where so many addresses are not to be had.
 */
export function pageMemory(bytes: number): SharedArrayBuffer | undefined {
  const units = Math.ceil(bytes / unit)
  try {
    const { buffer } = new WebAssembly.Memory({ initial: units, maximum: units, shared: true })
    known.add(buffer)
    return buffer
  } catch {
    return undefined
  }
}

/** Whether bytes lie in memory of {@link pageMemory} and begin on a page of it. */
export function beginsOnPage({ buffer, byteOffset }: Uint8Array): boolean {
  return byteOffset % pageBytes === 0 && known.has(buffer)
}
