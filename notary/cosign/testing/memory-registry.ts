import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { isObject, parseJson } from '../../../shared/base/json.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { newPrivateKey } from '../../keys/key-ring.ts'
import { signingKey } from '../../keys/signing-key.ts'
import type { OwnKeyType } from '../../keys/types.ts'
import type { CosignKey } from '../sign-image.ts'
import type { SignatureRegistry, StoredManifest } from '../types.ts'

/** A repository in memory, and what tests see of it. */
export interface MemoryRegistry extends SignatureRegistry {
  readonly tags: Map<string, Digest>
  readonly manifests: Map<Digest, StoredManifest>
  readonly blobs: Map<Digest, Uint8Array>
  /** Stores a manifest that is no one's business but the test's. */
  add(manifest: object, tag?: string): Digest
  /** Stores a blob and points at it. */
  addBlob(mediaType: string, bytes: Uint8Array): Descriptor
  /** Called when a manifest is about to be put. */
  beforePut: (ref: string) => Promise<void> | void
}

export function createMemoryRegistry(): MemoryRegistry {
  const [tags, manifests, blobs] = [
    new Map<string, Digest>(),
    new Map<Digest, StoredManifest>(),
    new Map<Digest, Uint8Array>(),
  ]
  const digestUnder = (ref: string): Digest | undefined =>
    tags.get(ref) ?? [...manifests.keys()].find((one) => one === ref)
  const store = (manifest: StoredManifest, ref: string): void => {
    manifests.set(manifest.digest, manifest)
    if (ref !== manifest.digest) tags.set(ref, manifest.digest)
  }
  const registry: MemoryRegistry = {
    tags,
    manifests,
    blobs,
    beforePut: () => {},
    add: (value, tag) => {
      const bytes = Buffer.from(JSON.stringify(value))
      const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes }
      store(manifest, tag ?? manifest.digest)
      return manifest.digest
    },
    addBlob: (mediaType, bytes) => {
      const digest = digestOf(bytes)
      blobs.set(digest, bytes)
      return { mediaType, digest, size: bytes.byteLength }
    },
    manifest: async (ref) => manifests.get(digestUnder(ref) ?? digestOf('')),
    blob: async ({ digest }) => {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new IbuildError('REGISTRY_NOT_FOUND', `no blob ${digest}`)
      return bytes
    },
    async *referrers(subject, artifactType) {
      for (const { digest, bytes, mediaType } of manifests.values()) {
        const manifest = parseJson(bytes, { what: 'manifest' })
        const { subject: about, artifactType: type } = isObject(manifest) ? manifest : {}
        const isOne = isObject(about) && about['digest'] === subject && type === artifactType
        if (isOne) yield { mediaType, digest, size: bytes.byteLength }
      }
    },
    putBlob: async ({ digest }, bytes) => {
      blobs.set(digest, bytes)
    },
    putManifest: async (ref, manifest, { expected }) => {
      await registry.beforePut(ref)
      const now = tags.get(ref)
      if (expected !== undefined && now !== (expected === 'absent' ? undefined : expected)) {
        throw new IbuildError('TAG_CHANGED', `the tag ${ref} is not as expected`)
      }
      store(manifest, ref)
    },
  }
  return registry
}

export function newCosignKey(type: OwnKeyType = 'ecdsa'): CosignKey {
  const privateKey = newPrivateKey(type)
  return { privateKey, key: signingKey(privateKey).key }
}
