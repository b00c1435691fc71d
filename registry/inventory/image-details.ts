import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import {
  asObject,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  parseJson,
} from '../../shared/base/json.ts'
import { Recent } from '../../shared/base/recent.ts'
import { createdTime } from '../../shared/oci/created-time.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { RegistryService } from '../service/types.ts'
import { wholeBlob } from '../service/whole-blob.ts'
import type { ImageDetails } from './types.ts'

type Service = Pick<RegistryService, 'manifests' | 'blobs'>

/** Reads what only the bytes of an image tell. Undefined for what cannot be read. */
export type DetailsLook = (name: RepositoryName, digest: Digest) => Promise<ImageDetails | undefined>

/** Characters of labels that are remembered, bytes of a config that are read, and how deep an index is looked into. */
const [mostRemembered, largestConfig, deepest] = [16 * 1024 * 1024, 4 * 1024 * 1024, 3]
const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'config' }
const nothing: ImageDetails = { createdAt: undefined, labels: {} }

/** What was read of a digest is remembered: it never changes. */
export function createDetailsLook(service: Service): DetailsLook {
  const known = new Recent<Digest, ImageDetails>(mostRemembered, weightOf)
  return async (name, digest) => {
    const before = known.get(digest)
    if (before !== undefined) return before
    try {
      const details = await detailsOf(service, name, { digest, depth: 0 })
      known.set(digest, details)
      return details
    } catch (error) {
      if (error instanceof RegistryError || isIbuildError(error)) return undefined
      throw error
    }
  }
}

function weightOf({ labels }: ImageDetails): number {
  return Object.entries(labels).reduce((sum, [key, value]) => sum + key.length + value.length, 200)
}

interface Wanted {
  readonly digest: Digest
  readonly depth: number
}

async function detailsOf(service: Service, name: RepositoryName, { digest, depth }: Wanted): Promise<ImageDetails> {
  const { bytes, mediaType } = await service.manifests.get(name, { digest })
  const { manifests, blobs, annotations } = parseManifest(bytes, mediaType)
  // What attests to images is of no platform that there is.
  const first = manifests.find(({ platform }) => platform?.os !== 'unknown')
  const below =
    first === undefined || depth >= deepest
      ? await configOf(service, name, blobs[0])
      : await detailsOf(service, name, { digest: first.digest, depth: depth + 1 })
  return { createdAt: below.createdAt, labels: { ...below.labels, ...annotations } }
}

const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig])

/** The first blob that a manifest names is its config. */
async function configOf(service: Service, name: RepositoryName, config: Descriptor | undefined): Promise<ImageDetails> {
  if (config === undefined || !imageConfigs.has(config.mediaType) || config.size > largestConfig) return nothing
  const bytes = await wholeBlob(service.blobs, name, { digest: config.digest, most: largestConfig })
  const { created, config: settings } = asObject(
    parseJson(bytes, { what: 'config of an image', maxBytes: largestConfig }),
    place,
  )
  const createdAt = typeof created === 'string' ? createdTime(Date.parse(created)) : undefined
  return { createdAt, labels: labelsIn(settings) }
}

/** Those that are texts: what else a tool wrote there is none. */
function labelsIn(config: JsonValue | undefined): Readonly<Record<string, string>> {
  const labels: JsonObject = isObject(config) && isObject(config['Labels']) ? config['Labels'] : {}
  return Object.fromEntries(
    Object.entries(labels).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
