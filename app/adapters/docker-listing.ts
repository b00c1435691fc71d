import type { ItemName } from '../../retention/facts.ts'
import type { DaemonContainer, DaemonImage, DaemonListing, DaemonVolume } from '../../retention/http/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { EngineContainer, EngineImage, EngineVolume } from '../../shared/net/docker-answers.ts'
import { type DockerEngine, dockerEngine } from '../../shared/net/docker-engine.ts'
import { daemonName } from './daemon-name.ts'
import { questionsAtOnce } from './docker-inventory-layers.ts'
import { type DockerLook, guardsOfImage, guardsOfVolume, imageItems, lookAtDocker } from './docker-inventory-look.ts'

/** What a Docker daemon has. Errors: USAGE, NOT_SUPPORTED for the address. */
export function dockerListing(host: string): DaemonListing {
  const engine = dockerEngine({ host })
  return {
    name: daemonName(host),
    async images(isDetailed) {
      const look = await lookAtDocker(engine)
      const images = look.images.map((image) => imageOf(look, image))
      return isDetailed ? withLayers(engine, images) : images
    },
    containers: async () => (await engine.containers()).map(containerOf),
    async volumes() {
      const look = await lookAtDocker(engine)
      return look.volumes.map((volume) => volumeOf(look, volume))
    },
    itemsOf: async (id) => itemsOf(await lookAtDocker(engine), id),
  }
}

function imageOf(look: DockerLook, image: EngineImage): DaemonImage {
  const { id, parent = '', tags, digests, created, size, labels } = image
  return {
    Id: id,
    ParentId: parent,
    RepoTags: tags,
    RepoDigests: digests,
    Created: Math.floor(created / 1000),
    Size: size,
    VirtualSize: size,
    Labels: labels,
    InUseBy: guardsOfImage(look, image).map(({ about }) => about),
  }
}

/** Of an image that went meanwhile there are none. */
async function withLayers(engine: DockerEngine, images: readonly DaemonImage[]): Promise<readonly DaemonImage[]> {
  return inParallel(images, { atOnce: questionsAtOnce }, async (image) => ({
    ...image,
    Layers: (await engine.image(image.Id))?.layers ?? [],
  }))
}

function containerOf({ id, name, image, imageID, state, volumes }: EngineContainer): DaemonContainer {
  return { Id: id, Names: [name], Image: image, ImageID: imageID, State: state, Volumes: volumes }
}

function volumeOf(look: DockerLook, { name, createdAt, labels }: EngineVolume): DaemonVolume {
  return {
    Name: name,
    CreatedAt: createdAt === undefined ? undefined : new Date(createdAt).toISOString(),
    Labels: labels,
    InUse: guardsOfVolume(look, name).length > 0,
  }
}

/** IDs were written without their algorithm when Sherdock was. */
function itemsOf(look: DockerLook, text: string): readonly ItemName[] {
  const id = text.includes(':') ? text : `sha256:${text}`
  const image = look.images.find((one) => one.id === id)
  if (image === undefined) throw new IbuildError('OBJECT_NOT_FOUND', `docker has no image of the ID ${text}`)
  const items = imageItems(look).filter((one) => one.image === image)
  if (items.length > 0) return items.map(({ kind, repository, name }) => ({ kind, repository, name }))
  const [guard] = guardsOfImage(look, image)
  throw new IbuildError('RETENTION_GUARDED', `image ${id} stays: ${guard?.about ?? 'others are made from it'}`)
}
