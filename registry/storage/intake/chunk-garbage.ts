import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'minor' }) => void

/**
 * Bytes of chunks after which what is left of them is collected: far less than what makes V8 look through the whole heap, as
 * those collected before count until a thread has freed them, which on busy processors takes a while.
 */
const enough = 6 * 2 ** 20

let collect: Collect | undefined
let bytes = 0

/**
 * Counts a chunk of a body that was copied and is garbage now. Its memory is not in V8's heap, which therefore sees little
 * garbage; but when 64 MiB of such memory are there it marks and compacts the whole heap, some seventy times in a GiB, which
 * takes more time than all else. Collecting the young objects alone, from time to time, takes a hundredth of that.
 */
export function countGarbage(chunk: Uint8Array): void {
  bytes += chunk.byteLength
  if (bytes < enough) return
  bytes = 0
  collect ??= findCollect()
  collect({ type: 'minor' })
}

/** A new context has the function when it is made after the flag is set; ours does not, and is left so. */
function findCollect(): Collect {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return isCollect(found) ? found : () => undefined
}

function isCollect(value: unknown): value is Collect {
  return typeof value === 'function'
}
