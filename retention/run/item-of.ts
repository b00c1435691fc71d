import { IbuildError } from '../../shared/base/errors.ts'
import type { ItemName } from '../facts.ts'

const longest = 1000

/** Reads what people name an item by: `REPOSITORY:TAG`, `REPOSITORY@DIGEST`, `volume NAME`, `cache ID`. Errors: USAGE. */
export function itemOf(what: string): ItemName {
  const other = /^(volume|cache) (\S+)$/.exec(what)
  if (what.length <= longest && other !== null) {
    return { kind: other[1] === 'cache' ? 'cache' : 'volume', repository: '', name: other[2] ?? '' }
  }
  const tagged = /^([^\s@]+):(\w[\w.-]{0,127})$/.exec(what)
  const untagged = /^([^\s@]+)@([a-z0-9]+:[0-9a-f]{32,128})$/.exec(what)
  const [, repository = '', name = ''] = tagged ?? untagged ?? []
  if (what.length > longest || name === '') {
    const text = JSON.stringify(what.slice(0, 100))
    throw new IbuildError('USAGE', `${text} names no item: write REPOSITORY:TAG, REPOSITORY@DIGEST or "volume NAME"`)
  }
  return { kind: tagged === null ? 'untagged' : 'tag', repository, name }
}
