import type { Guard, ItemName } from '../../retention/facts.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { EngineContainer, EngineImage, EngineVolume } from '../../shared/net/docker-answers.ts'
import type { DockerEngine } from '../../shared/net/docker-engine.ts'

/** What a Docker daemon had at one moment. */
export interface DockerLook {
  readonly images: readonly EngineImage[]
  readonly volumes: readonly EngineVolume[]
  readonly containers: readonly EngineContainer[]
  /** By image ID, and by the name that a container was started with. */
  readonly users: ReadonlyMap<string, readonly EngineContainer[]>
  /** Images made from one, by its ID. */
  readonly children: ReadonlyMap<Digest, readonly EngineImage[]>
}

/** An item of images: a name, or an image without one. */
export interface ImageItem extends ItemName {
  readonly image: EngineImage
}

/** Of images that have no name, and were neither pulled nor pushed. */
const nameless = '<none>'

/** Containers are asked for last, so that none is missed that was made meanwhile from an image that is told. */
export async function lookAtDocker(engine: DockerEngine): Promise<DockerLook> {
  const [images, volumes] = await Promise.all([engine.images(), engine.volumes()])
  const containers = await engine.containers()
  const names = containers.flatMap((one) => [...new Set([one.imageID, one.image])].map((key) => [key, one] as const))
  const made = images.flatMap((image) => (image.parent === undefined ? [] : [[image.parent, image] as const]))
  return { images, volumes, containers, users: grouped(names), children: grouped(made) }
}

/**
 * All items of images. An image without a name that others were made from is none: it goes with the last of those, by the daemon's own
 * doing.
 */
export function imageItems({ images, children }: DockerLook): readonly ImageItem[] {
  return images.flatMap((image): readonly ImageItem[] => {
    if (image.tags.length > 0) return image.tags.map((name) => ({ ...tagItem(name), image }))
    if (children.has(image.id)) return []
    const [repository = nameless] = image.digests.map((name) => name.slice(0, name.lastIndexOf('@'))).sort()
    return [{ kind: 'untagged', repository, name: image.id, image }]
  })
}

/** What holds an image: the containers that are made from it, then the images. */
export function guardsOfImage({ users, children }: DockerLook, { id, tags }: EngineImage): readonly Guard[] {
  const containers = new Set([id, ...tags].flatMap((key) => users.get(key) ?? []))
  return [
    ...[...containers].map(guardOf),
    ...(children.get(id) ?? []).map((child) => inUse(`image ${child.tags[0] ?? child.id} was made from it`)),
  ]
}

export function guardsOfVolume({ containers }: DockerLook, name: string): readonly Guard[] {
  return containers.filter(({ volumes }) => volumes.includes(name)).map(guardOf)
}

function guardOf({ name, state }: EngineContainer): Guard {
  return inUse(`container ${name} has it${state === '' ? '' : ` (${state})`}`)
}

function inUse(about: string): Guard {
  return { kind: 'in-use', about }
}

function tagItem(name: string): ItemName {
  const colon = name.lastIndexOf(':')
  return { kind: 'tag', repository: name.slice(0, colon), name: name.slice(colon + 1) }
}

function grouped<Key, Value>(pairs: readonly (readonly [Key, Value])[]): ReadonlyMap<Key, readonly Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
