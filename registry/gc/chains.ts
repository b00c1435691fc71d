import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { anyDigest, useRows } from '../storage/gc-rows.ts'
import { taggedRows } from '../storage/rows.ts'
import { type Keeper, subjectOf } from './keepers.ts'

/** Why something is kept, from the root to what keeps it at last: `tag 1`, the index that it leads to, the manifest in that. */
export type Chain = readonly Keeper[]

export interface ChainRange {
  readonly name: string
  readonly rootOf: (digest: Digest) => string | undefined
}

/** Chains that are told of one digest, and how long they may be. */
const [mostChains, longestChain] = [10, 12]

/** What keeps a digest in a repository; chains that begin with a manifest have no root, and end with it. */
export async function chainsTo(metadata: RowStore, digest: Digest, range: ChainRange): Promise<readonly Chain[]> {
  return chains(metadata, { digest, ...range }, longestChain)
}

async function chains(
  metadata: RowStore,
  { digest, ...range }: ChainRange & { readonly digest: Digest },
  depth: number,
): Promise<readonly Chain[]> {
  const source = range.rootOf(digest)
  const own: Chain[] = [
    ...(source === undefined ? [] : [[{ kind: 'root', source } as const]]),
    ...(await tagsOf(metadata, range.name, digest)).map((tag) => [{ kind: 'tag', tag } as const]),
  ]
  for (const keeper of await referringTo(metadata, range.name, digest)) {
    if (own.length >= mostChains) break
    const above = depth === 0 ? [] : await chains(metadata, { ...range, digest: keeper.digest }, depth - 1)
    own.push(...(above.length === 0 ? [[keeper]] : above.map((chain) => [...chain, keeper])))
  }
  return own.slice(0, mostChains)
}

async function tagsOf(metadata: RowStore, name: string, digest: Digest): Promise<string[]> {
  const rows = await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: mostChains })
  return rows.map(({ key }) => lastPart(key))
}

/** Manifests that keep a digest: those that refer to it, its subject, and those of which nobody knows. */
async function referringTo(
  metadata: RowStore,
  name: string,
  digest: Digest,
): Promise<readonly Extract<Keeper, { digest: Digest }>[]> {
  const list = async (prefix: string): Promise<Digest[]> =>
    (await metadata.list({ prefix, limit: mostChains })).map(({ key }) => parseDigest(lastPart(key)))
  const subject = await subjectOf(metadata, name, digest)
  const unread = await list(useRows.prefix(name, anyDigest))
  return [
    ...(await list(useRows.prefix(name, digest))).map((each) => ({ kind: 'manifest', digest: each }) as const),
    ...(subject === undefined ? [] : [{ kind: 'subject', digest: subject } as const]),
    ...unread.filter((each) => each !== digest).map((each) => ({ kind: 'unread', digest: each }) as const),
  ]
}
