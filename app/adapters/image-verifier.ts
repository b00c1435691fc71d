import type { FetchOptions, ImageVerifier, VerifiedContent } from '../../builder/ports.ts'
import { candidates } from '../../notary/policy/candidates.ts'
import { evaluate, leavesTagToRegistry, partsOf } from '../../notary/policy/evaluate.ts'
import { judge } from '../../notary/policy/judge.ts'
import type {
  CosignEvidence,
  CosignRequirement,
  Evidence,
  Policy,
  Requirement,
  Subject,
} from '../../notary/policy/types.ts'
import { refusalError, refused } from '../../notary/policy/verdict.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { findForEach } from './cosign-evidence.ts'
import { type CollectionAccess, type CollectionLooks, collectionLooks } from './trusted-collections.ts'

/** Where signatures are. */
export interface SignatureAccess extends CollectionAccess {
  readonly registry: RegistryLooks
}

/** What a registry is asked for when cosign's signatures are to be looked at, which lie beside the image. */
export interface RegistryLooks {
  /** What a tag means there; undefined when there is no such tag. */
  resolve(reference: Reference, options: FetchOptions): Promise<Digest | undefined>
  /** Who of the keys signed content, as cosign does. */
  cosign(
    requirement: CosignRequirement,
    subject: Subject & { readonly digest: Digest },
    options: FetchOptions,
  ): Promise<CosignEvidence>
}

/** Decides by a policy, and by signatures that it looks for, what names of images mean. */
export function imageVerifier(policy: Policy, access: SignatureAccess): ImageVerifier {
  const looks = collectionLooks(access)
  return {
    async verify(reference, options = {}) {
      const requirement = evaluate(policy, reference)
      if (requirement.kind === 'acceptAnything') return undefined
      const { domain, path, tag, digest } = withDefaultTag(reference)
      const subject = { name: { domain, path }, digest, tag: digest === undefined ? tag : undefined }
      return verify(requirement, subject, { ...access, ...options, looks })
    },
    async checkUnnamed(text) {
      if (policy.otherwise.kind === 'acceptAnything') return
      const problem = `${text} is an ID, which names no repository: nobody can have signed that it is to be used`
      throw refusalError(refused('TRUST_POLICY', problem, 'Name the image by its repository, with a tag or a digest.'))
    },
  }
}

interface Scope extends SignatureAccess, FetchOptions {
  readonly looks: CollectionLooks
}

async function verify(requirement: Requirement, subject: Subject, scope: Scope): Promise<VerifiedContent | undefined> {
  const { now = Date.now } = scope
  const nothing: Evidence = { notary: () => undefined, cosign: () => undefined, now: now() }
  if (judge(requirement, subject, nothing).isAccepted) return undefined
  const known = { ...nothing, ...(await lookAtCollections(requirement, subject, scope)) }
  let refusal = judge(requirement, subject, known)
  for (const digest of await meanings(requirement, { subject, known }, scope)) {
    const asked = { ...subject, digest }
    const early = judge(requirement, asked, known)
    if (early.isAccepted) return { digest, size: early.size }
    const verdict = judge(requirement, asked, { ...known, ...(await lookAtCosign(requirement, asked, scope)) })
    if (verdict.isAccepted) return { digest, size: verdict.size }
    refusal = verdict
  }
  if (refusal.isAccepted) throw new Error('something was accepted that nobody named')
  throw refusalError(refusal)
}

/** The digests that a name may mean, each to be judged: its own, those that collections say, and where it may, the registry's. */
async function meanings(
  requirement: Requirement,
  { subject, known }: { readonly subject: Subject; readonly known: Evidence },
  { registry, signal }: Scope,
): Promise<readonly Digest[]> {
  const { name, tag, digest } = subject
  if (digest !== undefined || tag === undefined) return digest === undefined ? [] : [digest]
  const signed = candidates(requirement, tag, known)
  const told = leavesTagToRegistry(requirement) ? await registry.resolve({ ...name, tag }, { signal }) : undefined
  return [...new Set([...signed, ...(told === undefined ? [] : [told])])]
}

async function lookAtCollections(
  requirement: Requirement,
  subject: Subject,
  { looks, signal }: Scope,
): Promise<Pick<Evidence, 'notary'>> {
  const parts = partsOf(requirement).filter((part) => part.kind === 'notary')
  return { notary: await findForEach(parts, async (part) => looks.evidence(part, subject, { signal })) }
}

async function lookAtCosign(
  requirement: Requirement,
  subject: Subject & { readonly digest: Digest },
  { registry, signal }: Scope,
): Promise<Pick<Evidence, 'cosign'>> {
  const parts = partsOf(requirement).filter((part) => part.kind === 'cosign')
  return { cosign: await findForEach(parts, async (part) => registry.cosign(part, subject, { signal })) }
}
