import { algorithmOf, type Digest, hexOf } from '../../shared/base/digest.ts'
import type { TargetsRole } from '../tuf/types.ts'
import { namesOf, resolveTarget, signaturesOf } from '../verifier/resolve.ts'
import type { SignedTarget, TrustedCollection } from '../verifier/types.ts'
import type { CollectionEvidence, NotaryRequirement, Subject } from './types.ts'

/** What a collection says of a tag, and of content that is known by its sha256. */
export function collectionEvidence(
  collection: TrustedCollection,
  { tag, digest }: Pick<Subject, 'tag' | 'digest'>,
  { roles }: Pick<NotaryRequirement, 'roles'>,
): CollectionEvidence {
  const { confirmedAt, isFresh } = collection
  const named = tag === undefined ? [] : signaturesOf(collection, tag)
  const others = signedAs(collection, digest).filter(({ name }) => name !== tag)
  const unusable = tag === undefined ? collection.unusable : unusableFor(collection, tag, roles)
  return { targets: [...named, ...others], unusable, confirmedAt, isFresh }
}

function signedAs(collection: TrustedCollection, digest: Digest | undefined): readonly SignedTarget[] {
  if (digest === undefined || algorithmOf(digest) !== 'sha256') return []
  return namesOf(collection, Buffer.from(hexOf(digest), 'hex'))
}

/** Roles that could have the tag, if they could be used. */
function unusableFor(
  collection: TrustedCollection,
  tag: string,
  roles: readonly TargetsRole[],
): ReadonlyMap<TargetsRole, Error> {
  return new Map(
    roles.flatMap((role): [TargetsRole, Error][] => {
      try {
        resolveTarget(collection, tag, [role])
        return []
      } catch (error) {
        if (error instanceof Error) return [[role, error]]
        throw error
      }
    }),
  )
}
