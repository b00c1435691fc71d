import type { ItemName } from '../../../retention/facts.ts'
import { sanitize } from '../../progress/sanitize.ts'

/** An item as people name it: `REPOSITORY:TAG`, `REPOSITORY@DIGEST`, `volume NAME`, `cache ID`. The digest in short where `trunc`. */
export function itemText({ kind, repository, name }: ItemName, { trunc }: { readonly trunc: boolean }): string {
  switch (kind) {
    case 'tag':
      return sanitize(`${repository}:${name}`)
    case 'untagged':
      return sanitize(`${repository}@${trunc ? shortDigest(name) : name}`)
    default:
      return sanitize(`${kind} ${name}`)
  }
}

/** The algorithm and 12 hex digits. */
function shortDigest(digest: string): string {
  const colon = digest.indexOf(':')
  return digest.slice(0, colon + 1 + 12)
}
