import type { Stats } from 'node:fs'

/**
 * What tells that a file is still the one that was read: equal signatures mean equal content and extended attributes,
 * unless the file was not settled when it was read (see {@link isSettled}). Times are as Node gives them in plain numbers,
 * exact to a quarter of a microsecond: far less than any clock tick, and half the price of exact ones.
 */
export type StatSignature = Pick<Stats, 'dev' | 'ino' | 'size' | 'mode' | 'mtimeMs' | 'ctimeMs'>

export function sameSignature(a: StatSignature, b: StatSignature): boolean {
  return (
    a.ino === b.ino &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  )
}

const clockTick = 20
const secondsTick = 2000

/**
 * Git's racy rule: a file that changed as late as it was read can change again without a new time, because the clock of a
 * filesystem ticks slowly (10 ms at worst, 2 s where times have whole seconds). Only the change time counts: a program
 * cannot set it back. `readAt` is the time, in milliseconds, before the file was opened.
 */
export function isSettled({ ctimeMs }: Pick<StatSignature, 'ctimeMs'>, readAt: number): boolean {
  return ctimeMs + (ctimeMs % 1000 === 0 ? secondsTick : clockTick) < readAt
}
