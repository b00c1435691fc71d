import type { KeyID } from '../../../notary/tuf/types.ts'
import type { TrustedCollection } from '../../../notary/verifier/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { describeCollection } from '../../trust/describe.ts'

/** The one key of a collection whose canonical ID begins like that. Errors: USAGE, KEY_NOT_FOUND. */
export function keyInCollection(collection: TrustedCollection, text: string): KeyID {
  if (!/^[0-9a-f]{4,64}$/.test(text))
    throw new IbuildError('USAGE', `not the ID of a key: ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'Give at least four of its hex digits; see ibuild trust inspect.',
    })
  const ids = new Set(describeCollection(collection).roles.flatMap(({ keys }) => keys))
  const found = [...ids].filter((id) => id.startsWith(text))
  const [id] = found
  if (id === undefined) throw new IbuildError('KEY_NOT_FOUND', `${collection.gun} has no key ${text}`)
  if (found.length === 1) return id
  throw new IbuildError('USAGE', `${found.length} keys of ${collection.gun} begin with ${text}: write more of it`)
}
