import { setFlagsFromString } from 'node:v8'

/**
 * For commands that pass over trees of any size and keep nothing: what they leave behind is collected often, in a young
 * generation of 4 MiB, instead of piling up. Halves the memory of the process; costs no time worth mentioning.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--max-semi-space-size=4')
  setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * For work that keeps tens of MiB while it makes millions of objects: what has become old is collected when it has grown by
 * a quarter, where the engine would let it grow to several times its size.
 */
export function collectOldObjectsOften(): void {
  setFlagsFromString('--heap-growing-percent=25')
}
