import type { ItemFacts, ItemName, RepositoryFacts, Wants } from '../../retention/facts.ts'
import type { Expected, Freed, Inventory, Removal } from '../../retention/ports.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { type DockerEngine, dockerEngine, type EngineOptions } from '../../shared/net/docker-engine.ts'
import type { EngineRemoval } from '../../shared/net/docker-objects.ts'
import { imageFacts, revisionOf, volumeFacts } from './docker-inventory-facts.ts'
import { layerSizes, layersFreedBy, questionsAtOnce } from './docker-inventory-layers.ts'
import {
  type DockerLook,
  guardsOfImage,
  guardsOfVolume,
  type ImageItem,
  imageItems,
  lookAtDocker,
} from './docker-inventory-look.ts'
import { createVolumeSizes, type VolumeSizes } from './docker-volume-sizes.ts'
import { createFreshLook } from './fresh-look.ts'
import { inByteOrder, keyOf, pagesOf } from './inventory-pages.ts'
import { createWalkLooks, type WalkLooks } from './walk-looks.ts'

export interface DockerInventoryOptions extends EngineOptions {
  /** Milliseconds since the epoch; the clock by itself. */
  readonly now?: (() => number) | undefined
}

/**
 * What a Docker daemon has: the names of its images, images without one, volumes. Nothing that is removed comes back. Nobody knows when
 * an image was last used, so that rules on pulls keep it for lack of data; `pushedAt` is when this daemon named it, else when it was
 * made. Errors: USAGE, NOT_SUPPORTED for the address; then DOCKER_UNREACHABLE, DOCKER_FAILED.
 */
export function createDockerInventory({ now = Date.now, ...options }: DockerInventoryOptions): Inventory {
  const engine = dockerEngine(options)
  const look = createFreshLook(async () => lookAtDocker(engine))
  const source: DockerSource = { engine, now, look, walks: createWalkLooks(look), sizes: createVolumeSizes(engine) }
  return {
    source: 'docker',
    canUndo: false,
    isInPasses: true,
    revision: async () => revisionOf(await source.look()),
    repositories: () => repositories(source),
    items: (repository, wants) => items(source, repository, wants),
    item: async (name, wants) => item(source, name, wants),
    freedBy: async (names) => freedBy(source, names),
    remove: async (name, expected) => remove(source, name, expected),
  }
}

interface DockerSource {
  readonly engine: DockerEngine
  readonly now: () => number
  readonly look: () => Promise<DockerLook>
  readonly walks: WalkLooks<DockerLook>
  readonly sizes: VolumeSizes
}

async function* repositories({ walks, now }: DockerSource): AsyncGenerator<RepositoryFacts> {
  const seen = await walks.begin()
  try {
    const names = new Set(imageItems(seen).map(({ repository }) => repository))
    if (seen.volumes.length > 0) names.add('')
    for (const repository of [...names].sort(inByteOrder)) yield { repository, pullsKnownSince: now() }
  } finally {
    walks.end()
  }
}

async function* items(source: DockerSource, repository: string, wants: Wants): AsyncGenerator<readonly ItemFacts[]> {
  const look = await source.walks.look()
  if (repository === '') {
    const sizes = await source.sizes.measure(look)
    const now = source.now()
    yield* pagesOf(look.volumes.map((volume) => volumeFacts(look, volume, { sizes, wants, now })))
    return
  }
  for (const page of pagesOf(imageItems(look).filter((one) => one.repository === repository))) {
    const found = await inParallel(page, { atOnce: questionsAtOnce }, async (one) => factsOf(source, look, one, wants))
    yield found.flatMap((facts) => facts ?? [])
  }
}

async function item(source: DockerSource, name: ItemName, wants: Wants): Promise<ItemFacts | undefined> {
  const look = await source.look()
  if (name.kind === 'volume') {
    const volume = look.volumes.find((one) => one.name === name.name)
    const sizes = await source.sizes.known(look)
    return volume && volumeFacts(look, volume, { sizes, wants, now: source.now() })
  }
  const found = findImage(look, name)
  return found && factsOf(source, look, found, wants)
}

function findImage(look: DockerLook, name: ItemName): ImageItem | undefined {
  const key = keyOf(name)
  return imageItems(look).find((one) => keyOf(one) === key)
}

/** Undefined when it went since the look. */
async function factsOf(
  { engine, now }: DockerSource,
  look: DockerLook,
  found: ImageItem,
  wants: Wants,
): Promise<ItemFacts | undefined> {
  const details = await engine.image(found.image.id)
  return details && imageFacts(look, found, { details, wants, now: now() })
}

async function freedBy({ engine, look, sizes: volumeSizes }: DockerSource, names: readonly ItemName[]): Promise<Freed> {
  if (names.length === 0) return { bytes: 0, shared: 0, sharedWith: [] }
  const seen = await look()
  const keys = new Set(names.map(keyOf))
  const freed = await layersFreedBy(engine, seen, (one) => keys.has(keyOf(one)))
  if (!names.some(({ kind }) => kind === 'volume')) return freed
  const sizes = await volumeSizes.known(seen)
  const going = seen.volumes.filter(({ name }) => keys.has(keyOf({ kind: 'volume', repository: '', name })))
  return { ...freed, bytes: going.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), freed.bytes) }
}

async function remove(source: DockerSource, name: ItemName, { digest }: Expected): Promise<Removal> {
  const look = await source.look()
  if (name.kind === 'volume') return removeVolume(source, look, name.name)
  const found = findImage(look, name)
  if (found === undefined) return { kind: 'gone' }
  if (found.image.id !== digest) return { kind: 'drifted', about: `leads to ${found.image.id} by now` }
  const [guard] = guardsOfImage(look, found.image)
  if (guard !== undefined) return { kind: 'drifted', about: guard.about }
  const sizes = await layerSizes(source.engine, digest)
  return removalOf(await removeImage(source.engine, found), (deleted) => sumOf(deleted, sizes))
}

async function removeVolume({ engine, sizes }: DockerSource, look: DockerLook, name: string): Promise<Removal> {
  if (!look.volumes.some((volume) => volume.name === name)) return { kind: 'gone' }
  const [guard] = guardsOfVolume(look, name)
  if (guard !== undefined) return { kind: 'drifted', about: guard.about }
  const known = await sizes.known(look)
  return removalOf(await engine.removeVolume(name), () => known.get(name) ?? 0)
}

/**
 * A name alone: the image goes with its last one. An image without a name that was pulled from several repositories goes with the last
 * of those, for by its ID the daemon would refuse it.
 */
async function removeImage(engine: DockerEngine, { kind, repository, name, image }: ImageItem): Promise<EngineRemoval> {
  if (kind === 'tag') return engine.removeImage(`${repository}:${name}`)
  const repositories = new Set(image.digests.map((one) => one.slice(0, one.lastIndexOf('@'))))
  const references = repositories.size > 1 ? image.digests : [image.id]
  const deleted: string[] = []
  for (const reference of references) {
    const removal = await engine.removeImage(reference)
    if (removal.kind !== 'removed') return removal
    deleted.push(...removal.deleted)
  }
  return { kind: 'removed', deleted }
}

function removalOf(removal: EngineRemoval, freed: (deleted: readonly string[]) => number): Removal {
  if (removal.kind === 'gone') return removal
  if (removal.kind === 'conflict') return { kind: 'drifted', about: `docker: ${removal.about}` }
  return { kind: 'removed', freed: freed(removal.deleted) }
}

function sumOf(deleted: readonly string[], sizes: ReadonlyMap<string, number>): number {
  return deleted.reduce((total, id) => total + (sizes.get(id) ?? 0), 0)
}
