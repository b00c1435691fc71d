import type { ItemName } from '../../facts.ts'
import type { Freed } from '../../ports.ts'
import { keyOf, type ModelContent } from './model-content.ts'

/** What would go of a model if some items went: counted from all that stays, without any index. */
export function freedBy(content: ModelContent, items: readonly ItemName[]): Freed {
  const going = new Set(items.map(keyOf))
  const found = items.flatMap((item) => content.find(item) ?? [])
  const goes = (repository: string, digest: string): boolean =>
    found.some((item) => item.repository === repository && item.digest === digest) &&
    content.tagsOf(repository).every((tag) => tag.digest !== digest || going.has(keyOf(tag)))
  const [gone, kept] = [new Map<string, number>(), new Map<string, string>()]
  let manifests = 0
  for (const [repository, digest, { layers, facts }] of content.manifests()) {
    const isGoing = goes(repository, digest)
    if (isGoing) manifests += facts.size - [...layers.values()].reduce((sum, size) => sum + size, 0)
    for (const [name, size] of layers) {
      if (isGoing) gone.set(name, size)
      else kept.set(name, content.tagsOf(repository).map(keyOf)[0] ?? `${repository}@${digest}`)
    }
  }
  const others = found.flatMap(({ kind, size }) => (kind === 'volume' || kind === 'cache' ? [size] : []))
  const free = [...gone].flatMap(([name, size]) => (kept.has(name) ? [] : [size]))
  const shared = [...gone].filter(([name]) => kept.has(name))
  return {
    bytes: sum([manifests, ...others, ...free]),
    shared: sum(shared.map(([, size]) => size)),
    sharedWith: [...new Set(shared.map(([name]) => kept.get(name) ?? ''))].slice(0, 10),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
