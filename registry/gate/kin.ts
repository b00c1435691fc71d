import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { useRows } from '../storage/gc-rows.ts'
import { type ManifestRow, manifestRows, taggedRows } from '../storage/rows.ts'

/** Manifests and tags around content in a repository, as the rows tell. */
export interface Kin {
  /** Manifests that refer to it. */
  users(name: RepositoryName, digest: Digest): AsyncIterable<Digest>
  /** The manifest that a manifest says to be about. */
  subject(name: RepositoryName, digest: Digest): Promise<Digest | undefined>
  tags(name: RepositoryName, digest: Digest): AsyncIterable<string>
}

const pageSize = 100

export function kinIn(metadata: Pick<RowStore, 'get' | 'list'>): Kin {
  const lastParts = async function* (prefix: string): AsyncIterable<string> {
    for await (const rows of eachPage(metadata, prefix, pageSize)) for (const { key } of rows) yield lastPart(key)
  }
  return {
    async *users(name, digest) {
      for await (const user of lastParts(useRows.prefix(name, digest))) yield parseDigest(user)
    },
    async subject(name, digest) {
      const key = manifestRows.key(name, digest)
      const value = await metadata.get(key)
      return value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, key, value)?.subject
    },
    tags: (name, digest) => lastParts(taggedRows.prefix(name, digest)),
  }
}
