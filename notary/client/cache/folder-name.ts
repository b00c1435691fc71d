import { createHash } from 'node:crypto'
import type { Gun } from '../../tuf/types.ts'

const plain = /[^a-z0-9._-]/g
/** Characters of a readable name; longer ones are cut, and told apart by a hash. */
const longest = 150

/**
 * The folder of a collection: one name without separators, another one for each collection, also where upper and lower case are
 * the same. It begins with no dot.
 */
export function folderName(gun: Gun): string {
  const text = gun
    .replace(/^\.+/, '')
    .replaceAll(plain, (character) => `%${character.codePointAt(0)?.toString(16) ?? ''}`)
  const isWhole = text.length <= longest && !gun.startsWith('.')
  return isWhole ? text : `${text.slice(0, longest)}~${createHash('sha256').update(gun).digest('hex')}`
}
