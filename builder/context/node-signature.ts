import { type NodePage, nodesPerPage, numbersPerNode } from './node-pages.ts'
import type { StatSignature } from './stat-signature.ts'

/** Writes the signature of a node into its page. */
export function setSignature(
  page: NodePage,
  number: number,
  { dev, ino, size, mode, mtimeMs, ctimeMs }: StatSignature,
): void {
  const first = (number % nodesPerPage) * numbersPerNode
  page.numbers[first] = dev
  page.numbers[first + 1] = ino
  page.numbers[first + 2] = size
  page.numbers[first + 3] = mode
  page.numbers[first + 4] = mtimeMs
  page.numbers[first + 5] = ctimeMs
}

/** The signature that {@link setSignature} wrote. */
export function signatureIn({ numbers }: NodePage, number: number): StatSignature {
  const first = (number % nodesPerPage) * numbersPerNode
  return {
    dev: numbers[first] ?? 0,
    ino: numbers[first + 1] ?? 0,
    size: numbers[first + 2] ?? 0,
    mode: numbers[first + 3] ?? 0,
    mtimeMs: numbers[first + 4] ?? 0,
    ctimeMs: numbers[first + 5] ?? 0,
  }
}
