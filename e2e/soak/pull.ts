import { type Digest, digestOf, parseDigest } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { type Asks, type TimedAnswer, told } from './asker.ts'

/** All that a reference leads to, without referrers. */
export interface Named {
  /** That of the reference first. */
  readonly manifests: readonly Digest[]
  readonly blobs: readonly Digest[]
}

/** What became of a pull of a whole image, or index with its images. */
export type Pulled =
  | ({ readonly kind: 'whole' } & Named)
  /** Nothing is under the reference. */
  | { readonly kind: 'absent' }
  /** What the manifest `under` names is not there. */
  | { readonly kind: 'broken'; readonly under: Digest; readonly message: string }
  /** Other bytes came than the digest tells. */
  | { readonly kind: 'damaged'; readonly under: Digest; readonly message: string }

const accept = { Accept: [mediaTypes.ociManifest, mediaTypes.ociIndex].join(', ') }

interface Pointer {
  readonly digest: string
}

interface Document {
  readonly config?: Pointer
  readonly layers?: readonly Pointer[]
  readonly manifests?: readonly Pointer[]
}

/** Pulls a manifest and all that it names, and verifies each digest. */
export async function pullImage(asker: Asks, repository: string, reference: string): Promise<Pulled> {
  const answer = await getManifest(asker, repository, reference)
  if (answer.status === 404) return { kind: 'absent' }
  const digest = digestOf(answer.body)
  const said = reference.includes(':') ? reference : answer.header('docker-content-digest')
  if (answer.status !== 200 || said !== digest) return { kind: 'damaged', under: digest, message: told(answer) }
  const { config, layers = [], manifests = [] } = JSON.parse(answer.body.toString()) as Document
  const found = { manifests: [digest], blobs: [] as Digest[] }
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    const fault = await lookAtBlob(asker, repository, blob.digest)
    if (fault !== undefined) return { ...fault, under: digest }
    found.blobs.push(parseDigest(blob.digest))
  }
  for (const child of manifests) {
    const pulled = await pullImage(asker, repository, child.digest)
    if (pulled.kind === 'absent')
      return { kind: 'broken', under: digest, message: `${repository} has not ${child.digest} of ${digest}` }
    if (pulled.kind !== 'whole') return { ...pulled, under: digest }
    found.manifests.push(...pulled.manifests)
    found.blobs.push(...pulled.blobs)
  }
  return { kind: 'whole', ...found }
}

export function getManifest(asker: Asks, repository: string, reference: string): Promise<TimedAnswer> {
  return asker.ask('GET', `/v2/${repository}/manifests/${reference}`, { headers: accept })
}

interface Fault {
  readonly kind: 'broken' | 'damaged'
  readonly message: string
}

async function lookAtBlob(asker: Asks, repository: string, digest: string): Promise<Fault | undefined> {
  const answer = await asker.ask('GET', `/v2/${repository}/blobs/${digest}`)
  if (answer.status === 404) return { kind: 'broken', message: told(answer) }
  if (answer.status === 200 && digestOf(answer.body) === digest) return undefined
  return { kind: 'damaged', message: told(answer) }
}
