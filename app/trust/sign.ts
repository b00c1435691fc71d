import { applyChanges } from '../../notary/client/changes/apply.ts'
import type { TargetContent } from '../../notary/client/changes/types.ts'
import { changesToSign } from '../../notary/client/plans/signing.ts'
import { type Plan, publish } from '../../notary/client/publish.ts'
import type { Gun, TargetsRole } from '../../notary/tuf/types.ts'
import { signaturesOf } from '../../notary/verifier/resolve.ts'
import type { SignedTarget } from '../../notary/verifier/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type CreateOptions, collectionMaker } from './create.ts'
import { publishingOf, type TrustSession } from './session.ts'

/** A manifest or index that was pushed. */
export interface Content {
  /** sha256. */
  readonly digest: Digest
  /** Of its bytes. */
  readonly size: number
}

export interface SignRequest {
  readonly gun: Gun
  /** What each name is to stand for; names of docker's images are tags. */
  readonly tags: ReadonlyMap<string, Content>
  /** Where to sign; without any as docker does: in all delegations that may and whose keys are here, else in `targets`. */
  readonly roles?: readonly TargetsRole[] | undefined
  /** How the collection is made when there is none. */
  readonly create?: CreateOptions | undefined
}

export interface Signed {
  /** Who says what each name stands for. */
  readonly signatures: ReadonlyMap<string, readonly SignedTarget[]>
  /** False when all of it was signed like that before. */
  readonly isChanged: boolean
}

/**
 * Signs what tags stand for, all of them in one publish, and makes the collection when there is none. The signatures are read back and
 * verified. Errors: TRUST_*, KEY_*, PASSPHRASE_*; DIGEST_INVALID for a digest other than sha256.
 */
export async function signTags(session: TrustSession, request: SignRequest): Promise<Signed> {
  const { collection, isChanged } = await publish(publishingOf(session, request.gun), planToSign(session, request))
  const names = [...request.tags.keys()]
  return { isChanged, signatures: new Map(names.map((name) => [name, signaturesOf(collection, name)])) }
}

/** What {@link signTags} carries out. */
export function planToSign(session: TrustSession, { gun, tags, roles, create }: SignRequest): Plan {
  const targets = new Map([...tags].map(([name, content]) => [name, targetOf(content)]))
  const made = collectionMaker(session, gun, create)
  return async (current) => {
    const changes = await changesToSign(current?.collection, { targets, roles, keys: session.keys })
    return applyChanges(current?.draft ?? (await made()), changes)
  }
}

/** Errors: DIGEST_INVALID. */
function targetOf({ digest, size }: Content): TargetContent {
  if (!digest.startsWith('sha256:'))
    throw new IbuildError('DIGEST_INVALID', `${digest} cannot be signed: signatures are over sha256`)
  return { length: size, sha256: Buffer.from(digest.slice('sha256:'.length), 'hex') }
}
