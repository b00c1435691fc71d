import type { SignedContent } from '../../notary/service/signed-content.ts'
import type { NotaryService } from '../../notary/service/types.ts'
import { isGun } from '../../notary/tuf/gun.ts'
import { readSnapshot, readTargets } from '../../notary/tuf/read-metadata.ts'
import { isTargetsRole } from '../../notary/tuf/role.ts'
import { noteSigned, type SignedDigests, type SignedName } from '../../notary/tuf/signed-digests.ts'
import type { Gun, RoleName, TargetsRole } from '../../notary/tuf/types.ts'
import { limits } from '../../notary/verifier/limits.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import type { GunNames } from '../../registry/access/gun-names.ts'
import type { GcRoots } from '../../registry/gc/types.ts'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { Recent } from '../../shared/base/recent.ts'

/** What the collections of a repository sign. */
export type SignedIn = (name: string) => Promise<Iterable<SignedDigests>>

/**
 * Lets garbage collection keep what is signed, expired or not: what is signed can be pulled by its digest, whatever tags there are.
 * As long as nobody tells what that is, nothing is removed.
 */
export function trustRoots(signedIn: SignedIn): GcRoots {
  return {
    name: 'trusted collections',
    keeps: async (name, digests) => {
      const kept = new Set<Digest>()
      for (const signed of await signedIn(name))
        for (const digest of digests) if (isSigned(signed, digest)) kept.add(digest)
      return kept
    },
  }
}

function isSigned(signed: SignedDigests, digest: Digest): boolean {
  return isDigest(digest) && digest.startsWith('sha256:') && signed.has(digest.slice('sha256:'.length))
}

/** Digests of all collections that are remembered. */
const mostDigests = 300_000

/**
 * What a notary in this process signs. A collection counts for the repository that its name ends with, whatever host it begins with:
 * hosts of a registry change, and what was signed under an old one is signed all the same.
 */
export function signedHere(content: SignedContent & Partial<Pick<NotaryService, 'watch'>>): SignedIn {
  const known = new Recent<Gun, { readonly version: string; readonly digests: SignedDigests }>(
    mostDigests,
    ({ digests }) => 1 + digests.size,
  )
  const digestsOf = async (gun: Gun): Promise<SignedDigests> => {
    const version = (await content.trustVersion(gun)) ?? ''
    const before = known.get(gun)
    if (before?.version === version) return before.digests
    const digests = await content.signedDigests(gun)
    known.set(gun, { version, digests })
    return digests
  }
  const byRepository = new Map<string, Set<Gun>>()
  const add = (gun: Gun): void => {
    const repository = gun.slice(gun.indexOf('/') + 1)
    byRepository.set(repository, (byRepository.get(repository) ?? new Set()).add(gun))
  }
  content.watch?.(add)
  let reading: Promise<void> | undefined
  return async (name) => {
    reading ??= eachCollection(content, add)
    reading.catch(() => {
      reading = undefined
    })
    await reading
    return Promise.all([...(byRepository.get(name) ?? [])].map(digestsOf))
  }
}

const pageSize = 1000

async function eachCollection({ collections }: SignedContent, tell: (gun: Gun) => void): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await collections({ after, limit: pageSize })
    page.forEach(tell)
    if (page.length < pageSize) return
    after = page.at(-1)
  }
}

/** What a trust server elsewhere says to be signed. It is not verified: what is kept too long does no harm. */
export function signedElsewhere(source: MetadataSource, names: () => GunNames): SignedIn {
  return async (name) => {
    // No collection has a name as long as that of a repository and its host may be.
    const guns = names()
      .hosts.map((host) => `${host}/${name}`)
      .filter(isGun)
    return Promise.all(guns.map(async (gun) => readSigned(source, gun)))
  }
}

/** Milliseconds for one collection. */
const patience = 8000

async function readSigned(source: MetadataSource, gun: Gun): Promise<SignedDigests> {
  const signal = AbortSignal.timeout(patience)
  const fetch = async (role: RoleName, most: number): Promise<Uint8Array | undefined> =>
    source.fetch(gun, `${role}.json`, { most, signal })
  const snapshot = await fetch('snapshot', limits.snapshot)
  const digests = new Map<string, SignedName[]>()
  if (snapshot === undefined) return digests
  const roles = [...readSnapshot(snapshot).signed.meta.keys()].filter((role): role is TargetsRole =>
    isTargetsRole(role),
  )
  const most = limits.files + 1 // targets itself
  if (roles.length > most) throw incomplete(gun, `it lists ${roles.length} roles, more than ${most}`)
  for (const role of roles) {
    const file = await fetch(role, limits.targets)
    if (file === undefined) throw incomplete(gun, `it lists ${role}, and does not have it`)
    noteSigned(digests, role, readTargets(file, role).signed)
  }
  return digests
}

/** What is not known to the end must not be taken for what is not signed. */
function incomplete(gun: Gun, problem: string): IbuildError {
  return new IbuildError('TRUST_MISMATCH', `what the trust server signs of ${gun} cannot be read: ${problem}`)
}
