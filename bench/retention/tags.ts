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

/** A manifest that names nothing, and its tags: `BRANCH-NUMBER` of five branches, every fiftieth a version. */
export interface Pushed {
  readonly bytes: Uint8Array
  readonly tags: readonly string[]
}

export function pushed(i: number, { manifests, tags }: Pick<Filled, 'manifests' | 'tags'>): Pushed {
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], annotations: { n: `${i}` } }
  return {
    bytes: Buffer.from(JSON.stringify(document)),
    tags: Array.from({ length: tags }, (_, k) => tagOf(i * tags + k, manifests * tags)),
  }
}

function tagOf(i: number, total: number): string {
  if (i % 50 === 0) return `v1.${i}.0`
  return `${branches[Math.floor((i * branches.length) / total)]}-${String(i).padStart(7, '0')}`
}
