import type { Difference } from './compare.ts'

/** A difference between ours and BuildKit that is meant to be there. */
export interface Accepted {
  /** The box of the language checklist that it follows from. */
  readonly box: string
  readonly why: string
  /** Cases that it may appear in; all when there is none. */
  readonly cases?: RegExp
  readonly field: RegExp
  /** What the sides must be, as JSON text; '' stands for absent. */
  readonly ours?: RegExp
  readonly buildkit?: RegExp
}

/**
 * All accepted differences. None may concern the content, type, mode or owner of a file; a test holds the list to that,
 * and to every row being used.
 */
export const accepted: readonly Accepted[] = []

/** The row that accepts a difference found in a case, if there is one. */
export function acceptedBy(found: Difference, name: string): Accepted | undefined {
  return accepted.find(
    (row) =>
      row.field.test(found.field) &&
      (row.cases?.test(name) ?? true) &&
      (row.ours?.test(found.ours ?? '') ?? true) &&
      (row.buildkit?.test(found.buildkit ?? '') ?? true),
  )
}
