import { createHash } from 'node:crypto'
import { artifactOf, indexOf, subjectOf } from '../../registry/service/testing/images.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { Random } from '../testing/random.ts'

export interface Blob {
  readonly digest: Digest
  readonly bytes: Buffer
}

/** A manifest with all that belongs to it. */
export interface Content {
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
  readonly blobs: readonly Blob[]
  /** Manifests that an index names. */
  readonly children: readonly Content[]
  /** Those that were pushed since, with this as their subject. */
  readonly referrers: Content[]
}

/** Some blobs are in most images, and many in few: these come and go. */
const [hot, cold] = [20, 400]

/** Blobs that all clients have alike: of equal seeds equal ones. */
export class BlobPool {
  readonly #seed: number
  readonly #made = new Map<number, Blob>()

  constructor(seed: number) {
    this.#seed = seed
  }

  pick(random: Random): Blob {
    const i = random.oneIn(2) ? random.int(hot) : hot + random.int(cold)
    const known = this.#made.get(i)
    if (known !== undefined) return known
    const made = blobOf(`${this.#seed} pool ${i}`, sizeOf(i))
    this.#made.set(i, made)
    return made
  }
}

/** One in twenty is large. */
function sizeOf(i: number): number {
  const spread = (i * 7919) % 1000
  if (i % 20 === 7) return 64_000 + spread * 130
  return i % 4 === 0 ? 4000 + spread * 28 : 200 + spread * 4
}

export function blobOf(name: string, size: number): Blob {
  const bytes = createHash('shake256', { outputLength: size }).update(name).digest()
  return { digest: digestOf(bytes), bytes }
}

/** An image that nobody else pushes: `name` is in its config. */
export function imageContent(name: string, layers: readonly Blob[]): Content {
  const bytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', author: name }))
  const config = { digest: digestOf(bytes), bytes }
  const blobs = [config, ...layers.filter(({ digest }, i) => layers.findIndex((one) => one.digest === digest) === i)]
  const artifact = artifactOf({
    config: descriptor(mediaTypes.ociConfig, config),
    layers: layers.map((layer) => descriptor(mediaTypes.ociLayer, layer)),
  })
  return { ...artifact, blobs, children: [], referrers: [] }
}

export function indexContent(name: string, children: readonly Content[]): Content {
  const artifacts = children.map((child) => ({ ...child, blobs: [] }))
  return { ...indexOf(artifacts, { annotations: { name } }), blobs: [], children, referrers: [] }
}

/** As a signature is: a manifest with a small blob and a subject. */
export function referrerContent(name: string, subject: Content, blob: Blob): Content {
  const empty = { digest: digestOf('{}'), bytes: Buffer.from('{}') }
  const artifact = artifactOf({
    artifactType: 'application/vnd.example.signature',
    config: descriptor(mediaTypes.ociEmpty, empty),
    layers: [descriptor('application/vnd.example.signature', blob)],
    annotations: { name },
    ...subjectOf({ ...subject, blobs: [] }),
  })
  return { ...artifact, blobs: [empty, blob], children: [], referrers: [] }
}

function descriptor(mediaType: string, { digest, bytes }: Blob): object {
  return { mediaType, digest, size: bytes.length }
}
