import { IbuildError } from '../../shared/base/errors.ts'
import { parseReference, shortName } from '../../shared/base/reference.ts'
import { type DockerEngine, dockerEngine, type EngineOptions } from '../../shared/net/docker-engine.ts'
import type { WrittenOutput } from '../output-types.ts'
import { manifestDescriptor } from '../store/local-manifest.ts'
import type { Store } from '../store/types.ts'
import { writeArchive } from './archive.ts'
import { archiveImages, type NamedImage } from './archive-image.ts'
import { requireDockerDepth } from './docker-depth.ts'
import { membersOf } from './layout-members.ts'

/**
 * Brings an image with its names into a Docker daemon, and asks it then whether it has them. What the daemon has already is
 * only named. Errors: DOCKER_UNREACHABLE, DOCKER_FAILED, LAYER_LIMIT, those of reading layers.
 */
export async function loadIntoDaemon(store: Store, named: NamedImage, options: EngineOptions): Promise<WrittenOutput> {
  const { image, names } = named
  requireDockerDepth(image, 'it can still be written with -o type=oci')
  const engine = dockerEngine(options)
  const known = await knownID(engine, named)
  const [prepared] = known === undefined ? await archiveImages(store, [named], { signal: options.signal }) : []
  if (prepared !== undefined) await engine.load(writeArchive(membersOf([prepared], { docker: true })))
  else if (known !== undefined) for (const name of names) await giveName(engine, known, name)
  const ids = new Set<string>([image.imageID, image.manifestDigest])
  const references = names.length === 0 ? [(await knownID(engine, named)) ?? image.imageID] : names
  for (const reference of references) await verify(engine, reference, ids)
  return { type: 'daemon', dest: options.host, descriptor: manifestDescriptor(image), sent: known === undefined }
}

/** Docker names an image by its config, or by its manifest where containerd keeps the images. */
async function knownID(engine: DockerEngine, { image }: NamedImage): Promise<string | undefined> {
  return (await engine.imageID(image.imageID)) ?? (await engine.imageID(image.manifestDigest))
}

async function giveName(engine: DockerEngine, id: string, name: string): Promise<void> {
  const { tag = 'latest' } = parseReference(name)
  await engine.tag(id, { repository: name.slice(0, name.lastIndexOf(':')), tag })
}

async function verify(engine: DockerEngine, reference: string, ids: ReadonlySet<string>): Promise<void> {
  const found = await engine.imageID(reference)
  if (found !== undefined && ids.has(found)) return
  const what = found === undefined ? 'does not have it' : `says it is ${found}`
  throw new IbuildError('DOCKER_FAILED', `the Docker daemon took the image, but of ${shortName(reference)} it ${what}`)
}
