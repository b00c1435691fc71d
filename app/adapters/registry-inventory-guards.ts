import type { SignedName } from '../../notary/tuf/signed-digests.ts'
import type { ContentFacts } from '../../registry/inventory/types.ts'
import type { Guard } from '../../retention/facts.ts'
import { Recent } from '../../shared/base/recent.ts'
import { createFreshLook } from './fresh-look.ts'
import type { SignedIn } from './trust-roots.ts'

/** What is signed of a repository. */
export interface SignedNames {
  /** How a digest is signed, for people; undefined when it is not. */
  about(digest: string): string | undefined
  /** Roles that signed a digest under the name of a tag, each once. */
  roles(digest: string, tag: string): readonly string[]
}

/** Asks the collections of repositories. Errors: those of asking, and then nothing is known. */
export interface SignedLook {
  /** What was signed a few seconds ago at the longest: for whoever looks at everything. */
  recently(repository: string): Promise<SignedNames>
  /** What is signed now: for whoever is about to remove something. */
  now(repository: string): Promise<SignedNames>
}

/** Milliseconds for which it counts what collections said, when all of a repository is looked at again and again. */
const fresh = 10_000
/** Repositories that are remembered. */
const mostRemembered = 100

export function createSignedLook(signedIn: SignedIn): SignedLook {
  const known = new Recent<string, { readonly until: number; readonly names: Promise<SignedNames> }>(mostRemembered)
  const looks = new Recent<string, () => Promise<SignedNames>>(mostRemembered)
  return {
    async recently(repository) {
      const before = known.get(repository)
      if (before !== undefined && before.until > performance.now()) return before.names
      const names = read(signedIn, repository)
      known.set(repository, { until: performance.now() + fresh, names })
      names.catch(() => known.delete(repository))
      return names
    },
    async now(repository) {
      const look = looks.get(repository) ?? createFreshLook(async () => read(signedIn, repository))
      looks.set(repository, look)
      return look()
    },
  }
}

async function read(signedIn: SignedIn, repository: string): Promise<SignedNames> {
  const collections = [...(await signedIn(repository))]
  const namesOf = (digest: string): readonly SignedName[] =>
    digest.startsWith('sha256:')
      ? collections.flatMap((collection) => collection.get(digest.slice('sha256:'.length)) ?? [])
      : []
  return {
    about: (digest) => {
      if (collections.length === 0) return undefined
      const [first] = namesOf(digest)
      return first === undefined ? undefined : `${first.role} signed it as ${first.name}`
    },
    roles: (digest, tag) => [
      ...new Set(namesOf(digest).flatMap(({ role, name }) => (name === tag ? [String(role)] : []))),
    ],
  }
}

const none: readonly Guard[] = []

/** What the registry says against taking something, the strongest first. */
export function guardsOf({ immutableBy, inUse, digest }: ContentFacts, signed: SignedNames): readonly Guard[] {
  const about = signed.about(digest)
  if (immutableBy === undefined && inUse === undefined && about === undefined) return none
  return [
    ...(immutableBy === undefined
      ? []
      : [{ kind: 'immutable', about: `tags.immutable has ${JSON.stringify(immutableBy)}` } as const]),
    ...(inUse === undefined ? [] : [{ kind: 'in-use', about: inUse } as const]),
    ...(about === undefined ? [] : [{ kind: 'signed-target', about } as const]),
  ]
}
