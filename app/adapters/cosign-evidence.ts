import { findSigners } from '../../notary/cosign/find-signers.ts'
import type { SignatureReader } from '../../notary/cosign/types.ts'
import type { CosignEvidence, CosignRequirement } from '../../notary/policy/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'

/** Who of the keys of a requirement signed content, by what lies beside it. What cannot be looked at is not the same as no signature. */
export async function cosignEvidence(
  { keys, threshold }: CosignRequirement,
  { reader, digest }: { readonly reader: SignatureReader; readonly digest: Digest },
  signal?: AbortSignal,
): Promise<CosignEvidence> {
  try {
    return { signers: await findSigners(reader, digest, { keys, enough: threshold, signal }) }
  } catch (error) {
    if (!isIbuildError(error) || isIbuildError(error, 'CANCELLED')) throw error
    return { failure: error }
  }
}

/** What `look` finds for each part of a requirement, all looked for side by side. */
export async function findForEach<Part, Found>(
  parts: readonly Part[],
  look: (part: Part) => Promise<Found>,
): Promise<(part: Part) => Found | undefined> {
  const found = new Map(await Promise.all(parts.map(async (part) => [part, await look(part)] as const)))
  return (part) => found.get(part)
}
