/** A random source with a seed: the same seed, the same choices. */
export interface Random {
  /** From 0 to `below` - 1. */
  int(below: number): number
  pick<T>(choices: readonly T[]): T
  /** True once in `times`. */
  oneIn(times: number): boolean
}

/** Mulberry32: small, and good enough to choose test cases. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  const pick = <T>(choices: readonly T[]): T => {
    const chosen = choices[int(choices.length)]
    if (chosen === undefined) throw new RangeError('nothing to choose from')
    return chosen
  }
  return { int, pick, oneIn: (times) => int(times) === 0 }
}
