import { digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'

export const day: number = 24 * 60 * 60 * 1000
const branches = ['develop', 'feature', 'fix', 'main', 'release']

/** Tags that are to be there. */
export interface Filled {
  readonly repository: string
  readonly manifests: number
  /** Of each manifest. */
  readonly tags: number
}

/** An image on one of twenty bases, and its tags: `BRANCH-NUMBER` of five branches, every fiftieth a version. */
export interface Pushed {
  readonly bytes: Uint8Array
  readonly blobs: readonly Descriptor[]
  readonly tags: readonly string[]
}

export function pushed(i: number, { manifests, tags }: Pick<Filled, 'manifests' | 'tags'>): Pushed {
  const config = blob(mediaTypes.ociConfig, `config ${i}`, 3000)
  const layers = [
    blob(mediaTypes.ociLayerGzip, `base ${i % 20}`, 40_000_000),
    blob(mediaTypes.ociLayerGzip, `packages ${i % 2000}`, 9_000_000),
    blob(mediaTypes.ociLayerGzip, `program ${i}`, 1_000_000 + i),
  ]
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }
  return {
    bytes: Buffer.from(JSON.stringify(document)),
    blobs: [config, ...layers],
    tags: Array.from({ length: tags }, (_, k) => tagOf(i * tags + k, manifests * tags)),
  }
}

function tagOf(i: number, total: number): string {
  if (i % 50 === 0) return `v1.${i}.0`
  return `${branches[Math.floor((i * branches.length) / total)]}-${String(i).padStart(7, '0')}`
}

/** Of bytes that nobody has. */
function blob(mediaType: string, name: string, size: number): Descriptor {
  return { mediaType, digest: digestOf(Buffer.from(name)), size }
}
