import type { Collector } from '../../registry/gc/collector.ts'
import type { Going } from '../../registry/gc/freed-look.ts'
import type { RegistryContents } from '../../registry/inventory/types.ts'
import { isName, type RepositoryName } from '../../registry/protocol/names.ts'
import type { ItemName } from '../../retention/facts.ts'
import type { Freed } from '../../retention/ports.ts'
import { type Digest, isDigest } from '../../shared/base/digest.ts'

export interface FreedParts {
  readonly contents: Pick<RegistryContents, 'digestsOf'>
  readonly gc: Pick<Collector, 'freedBy'>
}

/** See `Inventory.freedBy`. */
export async function freedFromRegistry({ contents, gc }: FreedParts, items: readonly ItemName[]): Promise<Freed> {
  const going: Going[] = []
  for (const [repository, some] of Map.groupBy(items, (item) => item.repository)) {
    if (isName(repository)) going.push(await goingFrom(contents, repository, some))
  }
  const { own, shared, sharedWith } = await gc.freedBy(going)
  return { bytes: own, shared, sharedWith }
}

async function goingFrom(
  contents: FreedParts['contents'],
  name: RepositoryName,
  items: readonly ItemName[],
): Promise<Going> {
  const tags = items.filter(({ kind }) => kind === 'tag').map((item) => item.name)
  const led = await contents.digestsOf(name, tags)
  const untagged = items.flatMap((item): Digest[] =>
    item.kind === 'untagged' && isDigest(item.name) ? [item.name] : [],
  )
  return { name, tags: new Set(tags), digests: new Set([...led, ...untagged]) }
}
