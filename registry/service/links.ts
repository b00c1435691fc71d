import type { Digest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { blobRows, linkedRows, linkRows } from '../storage/rows.ts'
import type { MetadataHolder } from './doubtful-metadata.ts'
import { createStamps } from './stamps.ts'

/** Which repository has which blob. What was found lately is in memory; what is not there is always looked up. */
export interface Links extends MetadataHolder {
  /** The size of a blob, as it was stored; undefined when the repository does not have it. */
  size(name: RepositoryName, digest: Digest): Promise<number | undefined>
  /** What {@link size} would give, when it is in memory. */
  peek(name: RepositoryName, digest: Digest): number | undefined
  /** To be called when rows were written that say so. */
  added(name: RepositoryName, digest: Digest, size: number): void
  /** To be called when the rows are gone: from then on nobody is told of it. */
  removed(name: RepositoryName, digest: Digest): void
}

/** About 30 MB of memory when all are in use. */
const remembered = 100_000

export function createLinks(metadata: RowStore): Links {
  const known = new Recent<string, number>(remembered)
  /** Of removals: what was read before one may be no longer true after it. */
  const stamps = createStamps()
  let isSuspended = false
  const remember = (key: string, size: number): void => {
    if (!isSuspended) known.set(key, size)
  }
  const keyOf = (name: RepositoryName, digest: Digest): string => linkRows.key(name, digest)
  return {
    size: async (name, digest) => {
      const key = keyOf(name, digest)
      const [found, stamp] = [known.get(key), stamps.of(key)]
      if (found !== undefined) return found
      const value = await metadata.get(key)
      if (value === undefined) return undefined
      const { size } = linkRows.parse(key, value)
      if (stamps.of(key) === stamp) remember(key, size)
      return size
    },
    peek: (name, digest) => known.get(keyOf(name, digest)),
    added: (name, digest, size) => remember(keyOf(name, digest), size),
    removed: (name, digest) => {
      const key = keyOf(name, digest)
      stamps.renew(key)
      known.delete(key)
    },
    suspend: () => {
      isSuspended = true
      known.clear()
    },
    resume: () => {
      isSuspended = false
      stamps.renewAll()
    },
  }
}

/** The rows that say that a repository has a blob. */
export function linkedBlob(name: RepositoryName, digest: Digest, { size, at }: { size: number; at: number }): Row[] {
  return [
    blobRows.row([digest], { size, at }),
    linkRows.row([name, digest], { size, at }),
    linkedRows.row([digest, name], true),
  ]
}
