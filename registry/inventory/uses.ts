import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { Leases } from '../service/leases.ts'
import { useRows } from '../storage/gc-rows.ts'
import { linkRows } from '../storage/rows.ts'

/** Says of a manifest, and of all below it, how it is in use; undefined when it is not. */
export type Uses = (digest: Digest, below: readonly Digest[]) => string | undefined

export interface UsesParts {
  readonly metadata: RowStore
  readonly leases: Pick<Leases, 'isPushed'>
  /** By whom digests are said to run. */
  readonly reported: ReadonlyMap<Digest, string>
}

/** What of a repository is in use: what is said to run, by its digest or that of its config, and what is being pushed. */
export async function usesIn({ metadata, leases, reported }: UsesParts, name: string): Promise<Uses> {
  const byManifest = new Map(reported)
  const digests = [...reported.keys()]
  const links = await metadata.getMany(digests.map((digest) => linkRows.key(name, digest)))
  for (const [i, digest] of digests.entries()) {
    if (links[i] === undefined) continue
    for await (const { key } of eachRow(metadata, useRows.prefix(name, digest)))
      byManifest.set(parseDigest(lastPart(key)), reported.get(digest) ?? '')
  }
  return (digest, below) => {
    const running = byManifest.size === 0 ? undefined : [digest, ...below].find((each) => byManifest.has(each))
    if (running !== undefined) return `${byManifest.get(running) ?? ''} runs it`
    return leases.isPushed(name, digest) ? 'it is being pushed' : undefined
  }
}
