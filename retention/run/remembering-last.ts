import type { ReadPolicy } from '../policy/read-policy.ts'

/** The same, but what was read last is not read again: the policy in force is asked for at every look, and reading it takes milliseconds. */
export function rememberingLast(read: (text: string) => ReadPolicy): (text: string) => ReadPolicy {
  let last: { readonly text: string; readonly found: ReadPolicy } | undefined
  return (text) => {
    const known = last?.text === text ? last : { text, found: read(text) }
    last = known
    return known.found
  }
}
