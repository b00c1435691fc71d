import { collectionEvidence } from '../../notary/policy/collection-evidence.ts'
import type { NotaryEvidence, NotaryRequirement, RootAnchor, Subject } from '../../notary/policy/types.ts'
import { parseGun } from '../../notary/tuf/gun.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { refreshCollection } from '../../notary/verifier/refresh.ts'
import type { MetadataSource, Pinning, TrustCache, TrustedCollection } from '../../notary/verifier/types.ts'
import { isIbuildError } from '../../shared/base/errors.ts'

/** What is needed to look at collections. */
export interface CollectionAccess {
  /** Where a collection's metadata come from: the server that is given, or the one that its name leads to. */
  readonly source: (gun: Gun, server: string | undefined) => MetadataSource
  readonly cache: TrustCache
  /** Is told of what is believed only because it came first. */
  readonly onNotice?: ((message: string) => void) | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

/** How long what was seen counts for the next name, in milliseconds. */
const sameMoment = 60_000

/** Looks at what collections say; at each once in a minute, however many names are asked about. */
export interface CollectionLooks {
  evidence(
    requirement: NotaryRequirement,
    subject: Subject,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<NotaryEvidence>
}

interface Look {
  readonly at: number
  readonly collection: Promise<TrustedCollection>
}

export function collectionLooks(access: CollectionAccess): CollectionLooks {
  const seen = new Map<NotaryRequirement, Map<Gun, Look>>()
  const lookFor = (requirement: NotaryRequirement, gun: Gun, signal: AbortSignal | undefined): Look => {
    const looks = seen.get(requirement) ?? new Map<Gun, Look>()
    seen.set(requirement, looks)
    const known = looks.get(gun)
    if (known !== undefined && performance.now() - known.at < sameMoment) return known
    const look = { at: performance.now(), collection: refresh(gun, requirement, { ...access, signal }) }
    looks.set(gun, look)
    return look
  }
  return {
    async evidence(requirement, subject, { signal }) {
      const gun = parseGun(`${subject.name.domain}/${subject.name.path}`)
      try {
        return collectionEvidence(await lookFor(requirement, gun, signal).collection, subject, requirement)
      } catch (error) {
        signal?.throwIfAborted()
        if (isIbuildError(error)) return { failure: error }
        throw error
      }
    },
  }
}

async function refresh(
  gun: Gun,
  { server, root, unreachable, maxAge }: NotaryRequirement,
  { source, cache, now, onNotice, signal }: CollectionAccess & { readonly signal: AbortSignal | undefined },
): Promise<TrustedCollection> {
  const tell = (collection: TrustedCollection): void => onNotice?.(firstUse(collection))
  return refreshCollection(gun, {
    source: source(gun, server),
    cache,
    pinning: pinningOf(gun, root),
    unreachable,
    maxAge,
    signal,
    ...(root.allowsFirstUse && { onMet: tell }),
    ...(now !== undefined && { now }),
  })
}

/** What a requirement pins of one collection. */
export function pinningOf(gun: Gun, { keys, authority, allowsFirstUse }: RootAnchor): Pinning {
  return {
    keys: new Map(keys.length === 0 ? [] : [[gun, keys]]),
    authorities: new Map(authority === undefined ? [] : [[gun, authority]]),
    allowsFirstUse,
  }
}

function firstUse({ gun, signers }: TrustedCollection): string {
  const keys = [...(signers.get('root') ?? [])].join(', ')
  return `${gun} is met for the first time: its root key ${keys} is believed from now on; to choose whom to believe, see docs/trust-policy.md`
}
