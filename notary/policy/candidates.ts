import type { Digest } from '../../shared/base/digest.ts'
import { partsOf } from './evaluate.ts'
import { signedUnder } from './judge-notary.ts'
import { signedDigest } from './signed-digest.ts'
import type { Evidence, Requirement } from './types.ts'

/** What a tag may mean, by the collections that a requirement names, each digest once. To be judged one after the other. */
export function candidates(requirement: Requirement, tag: string, evidence: Evidence): readonly Digest[] {
  const found = new Set<Digest>()
  for (const part of partsOf(requirement)) {
    if (part.kind !== 'notary') continue
    const known = evidence.notary(part)
    if (known === undefined || known.failure !== undefined) continue
    const signed = signedUnder(part, tag, known)
    if (signed !== undefined && !('failure' in signed)) found.add(signedDigest(signed.target))
  }
  return [...found]
}
