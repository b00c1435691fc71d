import type { BigIntStats } from 'node:fs'

/**
 * What tells that a file is still the one that was read: equal signatures mean equal content and extended attributes,
 * unless the file was not settled when it was read (see {@link isSettled}).
 */
export type StatSignature = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mode' | 'mtimeNs' | 'ctimeNs'>

export function sameSignature(a: StatSignature, b: StatSignature): boolean {
  return (
    a.ino === b.ino &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  )
}

const clockTick = 20_000_000n
const secondsTick = 2_000_000_000n

/**
 * Git's racy rule: a file that changed as late as it was read can change again without a new time, because the clock of a
 * filesystem ticks slowly (10 ms at worst, 2 s where times have whole seconds). Only the change time counts: a program
 * cannot set it back. `readAt` is the time, in nanoseconds, before the file was opened.
 */
export function isSettled(signature: StatSignature, readAt: bigint): boolean {
  const tick = signature.ctimeNs % 1_000_000_000n === 0n ? secondsTick : clockTick
  return signature.ctimeNs + tick < readAt
}
