/** A name of one or both of two lists. */
export interface Pair {
  readonly name: string
  readonly inA: boolean
  readonly inB: boolean
}

/** The names of two sorted lists in order; takes no more of them than is asked for. */
export function* pairNames(a: Iterable<string>, b: Iterable<string>): Generator<Pair> {
  const [restA, restB] = [a[Symbol.iterator](), b[Symbol.iterator]()]
  let [nextA, nextB] = [restA.next(), restB.next()]
  while (nextA.done !== true || nextB.done !== true) {
    const inA = nextA.done !== true && (nextB.done === true || nextA.value <= nextB.value)
    const inB = nextB.done !== true && (nextA.done === true || nextB.value <= nextA.value)
    yield { name: inA ? nextA.value : nextB.value, inA, inB }
    if (inA) nextA = restA.next()
    if (inB) nextB = restB.next()
  }
}
