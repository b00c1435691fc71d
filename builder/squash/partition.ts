/** Sizes of groups of neighbours, bottom to top; a group of one is left as it is. */
export type Partition = readonly number[]

/**
 * Divides `layers` layers into at most `most` groups of neighbours. It depends on the two numbers alone, so that a change in
 * one layer changes one group. The layers are merged from the base upwards, in groups of one size, and only as many as
 * must be: one layer more leaves the groups below as they are, and the top ones stay single. A plain Error when `most`
 * is below 1.
 */
export function partition(layers: number, most: number): Partition {
  if (most < 1) throw new Error(`${layers} layers cannot be ${most}`)
  if (layers <= most) return repeat(layers, 1)
  for (let size = smallestGroup(most); ; size *= 2) {
    const groups = Math.ceil((layers - most) / (size - 1))
    if (groups * size <= layers) return [...repeat(groups, size), ...repeat(layers - groups * size, 1)]
    if (Math.ceil(layers / size) <= most) return repeat(Math.floor(layers / size), size).concat(rest(layers % size))
  }
}

/** A power of two that leaves half of the places for single layers; it does not depend on how many layers there are. */
function smallestGroup(most: number): number {
  return Math.max(2, 2 ** Math.floor(Math.log2(most / 2)))
}

function repeat(count: number, size: number): number[] {
  return Array.from({ length: count }, () => size)
}

function rest(layers: number): number[] {
  return layers === 0 ? [] : [layers]
}
