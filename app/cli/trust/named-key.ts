import type { KeyStore, StoredKey } from '../../../notary/keys/types.ts'
import { isKeyID } from '../../../notary/tuf/key.ts'
import type { KeyID } from '../../../notary/tuf/types.ts'
import type { TrustedCollection } from '../../../notary/verifier/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { describeCollection } from '../../trust/describe.ts'

/** The one key of a store whose ID begins like that. Errors: USAGE, also when there are several; KEY_NOT_FOUND. */
export async function keyNamed(store: KeyStore, text: string): Promise<StoredKey> {
  checkStart(text, 'ibuild trust key list')
  const known = isKeyID(text) ? await store.find(text) : undefined
  return known ?? oneOf(await store.list(), text, 'the key store')
}

/** The one key of a collection whose canonical ID begins like that. Errors: USAGE, also when there are several; KEY_NOT_FOUND. */
export function keyInCollection(collection: TrustedCollection, text: string): KeyID {
  checkStart(text, 'ibuild trust inspect')
  const ids = new Set(describeCollection(collection).roles.flatMap(({ keys }) => keys))
  const keys = [...ids].map((id) => ({ id }))
  return oneOf(keys, text, collection.gun).id
}

function checkStart(text: string, listing: string): void {
  if (/^[0-9a-f]{4,64}$/.test(text)) return
  throw new IbuildError('USAGE', `not the ID of a key: ${JSON.stringify(text.slice(0, 80))}`, {
    hint: `Give at least four of its hex digits; see ${listing}.`,
  })
}

function oneOf<Key extends { readonly id: KeyID }>(keys: readonly Key[], text: string, where: string): Key {
  const found = keys.filter(({ id }) => id.startsWith(text))
  const [key] = found
  if (key === undefined) throw new IbuildError('KEY_NOT_FOUND', `there is no key ${text} in ${where}`)
  if (found.length === 1) return key
  throw new IbuildError(
    'USAGE',
    `${found.length} keys in ${where} begin with ${text}: write more of the one that is meant`,
  )
}
