import type { ItemName } from '../../facts.ts'
import type { Freed } from '../../ports.ts'
import { keyOf, type ModelContent } from './model-content.ts'

/** What would go of a model if some items went: counted from all that stays, without any index. */
export function freedBy(content: ModelContent, items: readonly ItemName[]): Freed {
  const going = new Set(items.map(keyOf))
  const found = items.flatMap((item) => content.find(item) ?? [])
  const leading = new Map<string, number>()
  for (const { repository } of content.repositories()) {
    for (const tag of content.tagsOf(repository)) {
      const key = `${repository} ${tag.digest}`
      leading.set(key, (leading.get(key) ?? 0) + (going.has(keyOf(tag)) ? 0 : 1))
    }
  }
  const named = new Set(found.map(({ repository, digest }) => `${repository} ${digest}`))
  const goes = (repository: string, digest: string): boolean =>
    named.has(`${repository} ${digest}`) && (leading.get(`${repository} ${digest}`) ?? 0) === 0
  const [gone, kept] = [new Map<string, number>(), new Map<string, string>()]
  let manifests = 0
  for (const [repository, digest, { layers, facts }] of content.manifests()) {
    const isGoing = goes(repository, digest)
    if (isGoing) manifests += facts.size - [...layers.values()].reduce((sum, size) => sum + size, 0)
    for (const [name, size] of layers) {
      if (isGoing) gone.set(name, size)
      else kept.set(name, `${repository}@${digest}`)
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
