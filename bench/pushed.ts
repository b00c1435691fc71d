import { mediaTypes } from '../shared/oci/media-types.ts'
import type { Done } from './work.ts'

/**
 * Says what is wrong with the image that a build pushed; undefined when the registry has that image under its tag with all of its
 * blobs, every layer compressed as the contender's, the last one not the same as in the image before, so that it had to be sent.
 */
export async function pushFault({ tags, after, compression = 'gzip' }: Done): Promise<string | undefined> {
  const { config, layers } = await manifestOf(tags.after)
  if (!config.digest.endsWith(after)) return `${config.digest} was pushed, not ${after}`
  const other = layers.find(({ mediaType }) => !mediaType.endsWith(compression))
  if (other !== undefined) return `a layer is not ${compression}: ${other.mediaType}`
  for (const { digest, size } of [config, ...layers]) {
    const blob = await fetch(`${repositoryOf(tags.after)}/blobs/${digest}`, { method: 'HEAD' })
    if (!blob.ok || blob.headers.get('content-length') !== String(size)) return `the registry does not have ${digest}`
  }
  const before = tags.before === undefined ? [] : (await manifestOf(tags.before)).layers
  const [top, old] = [layers.at(-1), before.at(-1)]
  return top === undefined || top.digest === old?.digest ? 'no new layer was pushed' : undefined
}

function repositoryOf(tag: string): string {
  return `http://${tag.replace('/', '/v2/')}`
}

async function manifestOf(tag: string): Promise<Manifest> {
  const headers = { accept: `${mediaTypes.ociManifest}, ${mediaTypes.dockerManifest}` }
  const answer = await fetch(`${repositoryOf(tag)}/manifests/latest`, { headers })
  if (!answer.ok) throw new Error(`the registry has no ${tag}: ${answer.status}`)
  return (await answer.json()) as Manifest
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
