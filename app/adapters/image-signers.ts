import { findSigners } from '../../notary/cosign/find-signers.ts'
import type { SignatureReader } from '../../notary/cosign/types.ts'
import type { PublicKey } from '../../notary/tuf/types.ts'
import type { RepositoryName } from '../../registry/protocol/names.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'

/** A public key, and what the operator calls it. */
export interface NamedKey {
  readonly name: string
  readonly key: PublicKey
}

/** Who of some keys signed an image, by what lies beside it. */
export interface Signers {
  readonly names: readonly string[]
  /** Why it cannot be said of the others that they did not; undefined when it can. */
  readonly unknown: string | undefined
}

/** Tells of images of a registry which keys signed them as cosign does. */
export interface ImageSigners {
  /** Of the keys that it knows. */
  readonly names: readonly string[]
  /** Asks for some of them. Errors: RETENTION_POLICY_INVALID for one that it does not know; those of the stores. */
  look(repository: RepositoryName, digest: Digest, wanted: readonly string[]): Promise<Signers>
}

export function imageSigners(
  keys: readonly NamedKey[],
  readerOf: (repository: RepositoryName) => SignatureReader,
): ImageSigners {
  const byName = new Map(keys.map(({ name, key }) => [name, key]))
  return {
    names: [...byName.keys()],
    async look(repository, digest, wanted) {
      const asked = wanted.map((name) => ({ name, key: byName.get(name) ?? unknownKey(name) }))
      try {
        const signers = await findSigners(readerOf(repository), digest, { keys: asked.map(({ key }) => key) })
        const names = asked.filter(({ key }) => signers.has(key.canonicalID)).map(({ name }) => name)
        return { names, unknown: undefined }
      } catch (error) {
        if (!isIbuildError(error)) throw error
        return { names: [], unknown: error.message }
      }
    },
  }
}

/** As if nobody had signed: then what it keeps would go. */
function unknownKey(name: string): never {
  throw new IbuildError(
    'RETENTION_POLICY_INVALID',
    `the policy names the key ${name}, and the configuration has none`,
    {
      hint: `Put it into retention.signers of the configuration, or take ${name} out of signedBy.`,
    },
  )
}
