import type { ItemName } from '../../retention/facts.ts'
import type { Freed } from '../../retention/ports.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { EngineHistory, EngineImage } from '../../shared/net/docker-answers.ts'
import type { DockerEngine } from '../../shared/net/docker-engine.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import { type DockerLook, type ImageItem, imageItems } from './docker-inventory-look.ts'

/** Questions that a daemon is asked at the same time. */
export const questionsAtOnce = 8
/** Names that are told of what stays. */
const mostTold = 10

/** Bytes of each layer by its chainID. None for an image that is gone. */
export async function layerSizes(engine: DockerEngine, id: string): Promise<ReadonlyMap<string, number>> {
  const [details, history] = await Promise.all([engine.image(id), engine.history(id)])
  return sizesOf(chainIDs(details?.layers ?? []), history ?? [])
}

/**
 * A history tells sizes of steps, most of which made a layer; those that made one of no bytes cannot be told from those that made none. Where
 * that leaves a doubt all counts for the base, which is what goes last.
 */
export function sizesOf(chain: readonly Digest[], history: readonly EngineHistory[]): ReadonlyMap<string, number> {
  const sizes = history.map(({ size }) => size).reverse()
  const known = sizes.length === chain.length ? sizes : sizes.filter((size) => size > 0)
  if (known.length === chain.length) return new Map(chain.map((id, i) => [id, known[i] ?? 0]))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return new Map(chain.map((id, i) => [id, i === 0 ? total : 0]))
}

/** What layers would go with these items. A layer goes when all images that have it do. */
export async function layersFreedBy(
  engine: DockerEngine,
  look: DockerLook,
  isGoing: (item: ItemName) => boolean,
): Promise<Freed> {
  const { going, staying } = split(imageItems(look), isGoing)
  if (going.length === 0) return { bytes: 0, shared: 0, sharedWith: [] }
  const layers = await inParallel(going, { atOnce: questionsAtOnce }, async ({ id }) => layerSizes(engine, id))
  const sizes = new Map(layers.flatMap((found) => [...found]))
  const users = await inParallel(staying, { atOnce: questionsAtOnce }, async (image) => ({
    image,
    has: chainIDs((await engine.image(image.id))?.layers ?? []).filter((id) => sizes.has(id)),
  }))
  const kept = new Set(users.flatMap(({ has }) => has))
  const shared = sum([...kept].map((id) => sizes.get(id) ?? 0))
  const sharing = users.filter(({ has }) => has.length > 0).map(({ image }) => image.tags[0] ?? image.id)
  return { bytes: sum([...sizes.values()]) - shared, shared, sharedWith: sharing.sort().slice(0, mostTold) }
}

/** An image goes with the last of its names. */
function split(
  items: readonly ImageItem[],
  isGoing: (item: ItemName) => boolean,
): { readonly going: readonly EngineImage[]; readonly staying: readonly EngineImage[] } {
  const staying = new Set(items.filter((item) => !isGoing(item)).map(({ image }) => image))
  const going = new Set(items.map(({ image }) => image).filter((image) => !staying.has(image)))
  return { going: [...going], staying: [...staying] }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
