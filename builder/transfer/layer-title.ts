import { type Digest, shortHex } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

/** What a layer is called that comes from a registry: as docker, by the first digits of the digest of its blob there. */
export function pulledTitle({ digest }: Pick<Descriptor, 'digest'>): string {
  return shortHex(digest)
}

/** What a layer is called that goes to one: as docker, by its diffID, which it has before it is compressed. */
export function pushedTitle({ diffID }: { readonly diffID: Digest }): string {
  return shortHex(diffID)
}
