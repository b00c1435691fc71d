const longest = 64

/**
 * The candidate that `word` most likely was meant to be, for "did you mean": at most two edits away (one for words of
 * three letters or fewer), case aside. Undefined when none is near, or when the word itself is a candidate.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word === '' || word.length > longest) return undefined
  const wanted = word.toLowerCase()
  let best: string | undefined
  let limit = word.length <= 3 ? 1 : 2
  for (const candidate of candidates) {
    if (candidate === word) return undefined
    const distance = editDistance(wanted, candidate.toLowerCase(), limit)
    if (distance > limit || (best !== undefined && distance === limit)) continue
    best = candidate
    limit = distance
  }
  return best
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; anything above `limit` is `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) row.push(cell({ a, b, i, j, row, previous, before }))
    before = previous
    previous = row
  }
  return Math.min(previous[b.length] ?? 0, limit + 1)
}

interface Cell {
  readonly a: string
  readonly b: string
  readonly i: number
  readonly j: number
  readonly row: readonly number[]
  readonly previous: readonly number[]
  readonly before: readonly number[]
}

function cell({ a, b, i, j, row, previous, before }: Cell): number {
  const same = a[i - 1] === b[j - 1]
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
  return Math.min(
    at(row, j - 1) + 1,
    at(previous, j) + 1,
    at(previous, j - 1) + (same ? 0 : 1),
    swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
  )
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY
}
