import type { Targets, TargetsRole } from './types.ts'

/** Where a collection lists some content. */
export interface SignedName {
  readonly role: TargetsRole
  /** Of the target. */
  readonly name: string
}

/** What a collection lists, by the hex of its sha256. */
export type SignedDigests = ReadonlyMap<string, readonly SignedName[]>

/** Notes all that a role lists. */
export function noteSigned(digests: Map<string, SignedName[]>, role: TargetsRole, { targets }: Targets): void {
  for (const [name, { sha256 }] of targets) {
    const hex = sha256.toString('hex')
    const names = digests.get(hex)
    if (names === undefined) digests.set(hex, [{ role, name }])
    else names.push({ role, name })
  }
}
