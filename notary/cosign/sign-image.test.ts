import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { bundleType, writeBundle } from './bundle.ts'
import { findSigners } from './find-signers.ts'
import { type CosignKey, signImage } from './sign-image.ts'
import { bundleManifest, layersOf, signatureTag, withSignature } from './signature-manifests.ts'
import { signPayload, writePayload } from './simple-signing.ts'
import { createMemoryRegistry, type MemoryRegistry, newCosignKey } from './testing/memory-registry.ts'
import type { CosignForm } from './types.ts'

const digest = digestOf('an image')
const descriptor: Descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 8 }
const image = { descriptor, name: 'host/app' }
const now = Date.parse('2026-11-22T10:00:00.123Z')
const [ann, bob, eve] = [newCosignKey(), newCosignKey('ed25519'), newCosignKey()]
const tag = signatureTag(digest)

const signed = (
  registry: MemoryRegistry,
  key: CosignKey,
  forms?: readonly CosignForm[],
): Promise<readonly CosignForm[]> => signImage(registry, image, key, { now, forms })
const namesOf = async (registry: MemoryRegistry, forms?: readonly CosignForm[]): Promise<string[]> => {
  const keys = [ann.key, bob.key, eve.key]
  const found = await findSigners(registry, digest, { keys, forms })
  return ['ann', 'bob', 'eve'].filter((_, i) => found.has(keys[i]?.canonicalID ?? ann.key.canonicalID))
}

test('an image is signed in both forms, each found by itself', async (t) => {
  const registry = createMemoryRegistry()
  t.deepEqual(await signed(registry, ann), ['bundle', 'tag'])
  t.deepEqual(await namesOf(registry, ['bundle']), ['ann'])
  t.deepEqual(await namesOf(registry, ['tag']), ['ann'])
  t.deepEqual([...registry.tags.keys()], [tag])
  t.is(tag, `sha256-${digest.slice(7)}.sig`)
})

test('what refers to the image says so as the specification wants it', async (t) => {
  const registry = createMemoryRegistry()
  await signed(registry, ann, ['bundle'])
  const [manifest] = [...registry.manifests.values()]
  const json = JSON.parse(Buffer.from(manifest?.bytes ?? []).toString()) as Record<string, unknown>
  t.like(json, {
    artifactType: bundleType,
    subject: descriptor,
    config: { mediaType: mediaTypes.ociEmpty, size: 2 },
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      'org.opencontainers.image.created': '2026-11-22T10:00:00Z',
    },
  })
})

test('who signed already signs nothing again, and others come beside', async (t) => {
  const registry = createMemoryRegistry()
  await signed(registry, ann, ['tag'])
  const before = new Map(registry.tags)
  t.deepEqual(await signed(registry, ann, ['tag']), [])
  t.deepEqual(registry.tags, before)
  t.deepEqual(await signed(registry, ann), ['bundle'])
  t.deepEqual(await signed(registry, bob), ['bundle', 'tag'])
  for (const form of ['bundle', 'tag'] as const) t.deepEqual(await namesOf(registry, [form]), ['ann', 'bob'])
})

test('many who sign at the same time lose nothing', async (t) => {
  const registry = createMemoryRegistry()
  await Promise.all([ann, bob, eve].map((key) => signed(registry, key)))
  t.deepEqual(await namesOf(registry, ['tag']), ['ann', 'bob', 'eve'])
  t.deepEqual(await namesOf(registry, ['bundle']), ['ann', 'bob', 'eve'])
})

test('who is always late gives up, and what is there stays', async (t) => {
  const registry = createMemoryRegistry()
  let puts = 0
  registry.beforePut = (ref) => {
    if (ref === tag) registry.add({ schemaVersion: 2, puts: puts++ }, tag)
  }
  await t.throwsAsync(signed(registry, ann, ['tag']), { code: 'TRUST_METADATA_INVALID' }, 'what came is no manifest')
  registry.tags.clear()
  puts = 0
  registry.beforePut = (ref) => {
    if (ref !== tag) return
    const { manifest } = withSignature([], Buffer.from(`${puts++}`), 'AAAA')
    registry.manifests.set(manifest.digest, manifest)
    registry.tags.set(tag, manifest.digest)
  }
  await t.throwsAsync(signed(registry, ann, ['tag']), { code: 'TAG_CHANGED' })
  t.is(puts, 8)
})

test('what others put under the tag stays as it is, byte for byte', async (t) => {
  const registry = createMemoryRegistry()
  const theirs = { ...registry.addBlob('application/x', Buffer.from('x')), annotations: { b: '2', a: '1' }, extra: [1] }
  const config = registry.addBlob(mediaTypes.ociConfig, Buffer.from('{}'))
  registry.add({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [theirs] }, tag)
  await signed(registry, ann, ['tag'])
  const layers = layersOf(registry.manifests.get(registry.tags.get(tag) ?? digest) ?? { bytes: Buffer.of() })
  t.deepEqual<unknown, unknown>(layers?.[0], theirs)
  t.is(layers?.length, 2)
  t.deepEqual(await namesOf(registry), ['ann'])
})

const strange: readonly [title: string, code: string, content: object][] = [
  ['no manifest', 'TRUST_METADATA_INVALID', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }],
  [
    'a hundred signatures',
    'TRUST_TOO_LARGE',
    {
      schemaVersion: 2,
      config: descriptor,
      layers: Array.from({ length: 100 }, () => ({ mediaType: 'application/x', digest, size: 1 })),
    },
  ],
]
for (const [title, code, content] of strange) {
  test(`${title} under the tag is left alone`, async (t) => {
    const registry = createMemoryRegistry()
    const before = registry.add(content, tag)
    await t.throwsAsync(signed(registry, ann, ['tag']), { code })
    t.is(registry.tags.get(tag), before)
  })
}

/** Puts a bundle beside the image, whatever it is. */
function addBundle(
  registry: MemoryRegistry,
  bytes: Uint8Array,
  change: (manifest: Record<string, unknown>) => void,
): void {
  const { manifest, blobs } = bundleManifest(descriptor, bytes, now)
  for (const blob of blobs) registry.blobs.set(blob.descriptor.digest, blob.bytes)
  const json = JSON.parse(Buffer.from(manifest.bytes).toString()) as Record<string, unknown>
  change(json)
  registry.add(json)
}

const odd: readonly [title: string, bundle: Uint8Array, change: (manifest: Record<string, unknown>) => void][] = [
  ['of another image', writeBundle(digestOf('x'), ann.privateKey), () => {}],
  ['that is no JSON', Buffer.from('hello'), () => {}],
  ['that is too large', Buffer.concat([writeBundle(digest, ann.privateKey), Buffer.alloc(256 * 1024, ' ')]), () => {}],
  ['in a manifest without layers', writeBundle(digest, ann.privateKey), (manifest) => (manifest['layers'] = [])],
  [
    'in a manifest with two',
    writeBundle(digest, ann.privateKey),
    (manifest) => (manifest['layers'] = [...(manifest['layers'] as unknown[]), ...(manifest['layers'] as unknown[])]),
  ],
  ['in a manifest that is malformed', writeBundle(digest, ann.privateKey), (manifest) => (manifest['config'] = 1)],
]
for (const [title, bundle, change] of odd) {
  test(`a bundle ${title} is no signature, and hides no other`, async (t) => {
    const registry = createMemoryRegistry()
    addBundle(registry, bundle, change)
    t.deepEqual(await namesOf(registry), [])
    await signed(registry, bob, ['bundle'])
    t.deepEqual(await namesOf(registry), ['bob'])
  })
}

test('of more than is looked at, enough is enough; else nothing is said to be absent', async (t) => {
  const registry = createMemoryRegistry()
  await signed(registry, ann, ['bundle'])
  for (let i = 0; i < 100; i++) addBundle(registry, Buffer.from(`${i}`), () => {})
  const keys = [ann.key, bob.key]
  t.is((await findSigners(registry, digest, { keys, enough: 1 })).size, 1)
  await t.throwsAsync(findSigners(registry, digest, { keys }), { code: 'TRUST_TOO_LARGE' })
  await signed(registry, bob, ['tag'])
  t.is((await findSigners(registry, digest, { keys })).size, 2, 'the other form has the rest')
})

test('more than a hundred signatures under the tag are not all looked at', async (t) => {
  const registry = createMemoryRegistry()
  const payload = writePayload(digest, 'host/app')
  const layers = Array.from({ length: 101 }, (_, i) => ({
    ...registry.addBlob('application/vnd.dev.cosign.simplesigning.v1+json', payload),
    annotations: { 'dev.cosignproject.cosign/signature': i === 100 ? signPayload(payload, ann.privateKey) : 'AAAA' },
  }))
  registry.add({ schemaVersion: 2, config: descriptor, layers }, tag)
  await t.throwsAsync(namesOf(registry), { code: 'TRUST_TOO_LARGE' })
  registry.add({ schemaVersion: 2, config: descriptor, layers: layers.slice(1) }, tag)
  t.deepEqual(await namesOf(registry), ['ann'])
})

test('a registry that fails is not one without signatures', async (t) => {
  const registry = createMemoryRegistry()
  await signed(registry, ann)
  const failing = (): Promise<never> => Promise.reject(new IbuildError('REGISTRY_FAILED', '429'))
  const broken = async function* (): AsyncGenerator<Descriptor> {
    await failing()
    yield descriptor
  }
  for (const reader of [
    { ...registry, referrers: broken },
    { ...registry, manifest: failing },
    { ...registry, blob: failing },
  ]) {
    await t.throwsAsync(findSigners(reader, digest, { keys: [bob.key] }), { code: 'REGISTRY_FAILED' })
  }
})

test('a key counts once, however often it signed and is named', async (t: ExecutionContext) => {
  const registry = createMemoryRegistry()
  for (let i = 0; i < 3; i++) addBundle(registry, writeBundle(digest, ann.privateKey), () => {})
  const found = await findSigners(registry, digest, { keys: [ann.key, ann.key, bob.key], enough: 2 })
  t.deepEqual([...found], [ann.key.canonicalID])
  t.is((await findSigners(registry, digest, { keys: [] })).size, 0)
})
