import { mediaTypes } from '../shared/oci/media-types.ts'
import type { Done } from './work.ts'

/**
 * Says what is wrong with the image that a build pushed; undefined when the registry has that image under its tag with all of its
 * blobs, every layer compressed as the contender's.
 */
export async function pushFault({ tag, after, compression = 'gzip' }: Done): Promise<string | undefined> {
  const repository = `http://${tag.replace('/', '/v2/')}`
  const headers = { accept: `${mediaTypes.ociManifest}, ${mediaTypes.dockerManifest}` }
  const answer = await fetch(`${repository}/manifests/latest`, { headers })
  if (!answer.ok) return `the registry has no ${tag}: ${answer.status}`
  const { config, layers = [] } = (await answer.json()) as Partial<Manifest>
  if (config === undefined || !config.digest.endsWith(after)) return `${config?.digest} was pushed, not ${after}`
  const other = layers.find(({ mediaType }) => !mediaType.endsWith(compression))
  if (layers.length === 0 || other !== undefined) return `a layer is not ${compression}: ${other?.mediaType}`
  for (const { digest, size } of [config, ...layers]) {
    const blob = await fetch(`${repository}/blobs/${digest}`, { method: 'HEAD' })
    if (!blob.ok || blob.headers.get('content-length') !== String(size)) return `the registry does not have ${digest}`
  }
  return undefined
}

interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}
