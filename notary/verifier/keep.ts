import { isDelegation } from '../tuf/role.ts'
import type { RoleName } from '../tuf/types.ts'
import type { Judge } from './judge.ts'
import { limits } from './limits.ts'
import { lastOf, type Progress } from './progress.ts'
import type { Remembered, RememberedContent, TrustCache } from './types.ts'

export interface Keeping {
  readonly cache: TrustCache
  readonly remembered: Remembered | undefined
  readonly progress: Progress
  readonly judge: Judge
}

/** Remembers a collection of which all was verified. False when another process was faster. */
export async function keepCollection({ cache, remembered, progress, judge }: Keeping): Promise<boolean> {
  const { anchored, files } = progress
  if (anchored === undefined) return false
  const content: RememberedContent = {
    root: anchored.root.metadata.bytes,
    anchor: anchored.anchor,
    collection: files,
    floors: floorsBeside(files, remembered),
    confirmedAt: judge.now,
  }
  if (remembered === undefined || !isSame(content, remembered)) return cache.save(judge.gun, content, remembered)
  await cache.confirm(judge.gun, judge.now)
  return true
}

/**
 * After a refusal: what was verified before it counts from now on. Of a collection that was never verified as a whole nothing is
 * remembered: a first contact that fails is none.
 */
export async function keepFloors({ cache, remembered, progress, judge }: Keeping): Promise<void> {
  const { anchored, files } = progress
  if (remembered === undefined || anchored === undefined) return
  const floors = new Map(remembered.floors)
  for (const [role, bytes] of files) {
    const known = lastOf(remembered, role)
    if (known === undefined || !sameBytes(known, bytes)) floors.set(role, bytes)
  }
  const content = { ...remembered, root: anchored.root.metadata.bytes, anchor: anchored.anchor, floors }
  if (!isSame(content, remembered)) await cache.save(judge.gun, content, remembered)
}

/** The last files of delegations that the collection has no more, or not in a usable form. */
function floorsBeside(
  files: ReadonlyMap<RoleName, Uint8Array>,
  remembered: RememberedContent | undefined,
): ReadonlyMap<RoleName, Uint8Array> {
  const before = [...(remembered?.collection ?? []), ...(remembered?.floors ?? [])]
  const others = new Map(before.filter(([role]) => isDelegation(role) && !files.has(role)))
  return new Map([...others].slice(-limits.floors))
}

function isSame(a: RememberedContent, b: RememberedContent): boolean {
  return (
    a.anchor === b.anchor &&
    sameBytes(a.root, b.root) &&
    sameFiles(a.collection, b.collection) &&
    sameFiles(a.floors, b.floors)
  )
}

function sameFiles(a: ReadonlyMap<RoleName, Uint8Array>, b: ReadonlyMap<RoleName, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([role, bytes]) => sameBytes(bytes, b.get(role)))
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && (a === b || Buffer.compare(a, b) === 0)
}
