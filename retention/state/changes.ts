import type { Change } from '../../shared/rows/row-store.ts'

/** One change that makes several together. */
export function merged(changes: readonly Change[]): Change {
  return {
    put: changes.flatMap(({ put = [] }) => put),
    remove: changes.flatMap(({ remove = [] }) => remove),
    append: changes.flatMap(({ append = [] }) => append),
    expect: changes.flatMap(({ expect = [] }) => expect),
  }
}
