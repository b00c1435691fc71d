import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { RegistryError } from './error.ts'
import { mostManifestBytes, parseManifest } from './manifest.ts'

function descriptor(content: string, mediaType: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digestOf(content), size: content.length }
}

const config = descriptor('config', mediaTypes.ociConfig)
const layer = descriptor('layer', mediaTypes.ociLayerGzip)
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
const child = descriptor('child', mediaTypes.ociManifest)
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [child] }
const bytesOf = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

test('an image names its config and layers, each once', (t) => {
  const facts = parseManifest(bytesOf({ ...image, layers: [layer, layer] }), undefined)
  t.deepEqual(
    facts.blobs.map(({ digest }) => String(digest)),
    [config.digest, layer.digest],
  )
  t.deepEqual(
    [facts.mediaType, facts.manifests, facts.artifactType],
    [mediaTypes.ociManifest, [], mediaTypes.ociConfig],
  )
})

test('an index names its manifests, and has an artifact type of its own only', (t) => {
  const facts = parseManifest(bytesOf({ ...index, annotations: { a: 'b' } }), mediaTypes.ociIndex)
  t.deepEqual(
    facts.manifests.map(({ digest }) => String(digest)),
    [child.digest],
  )
  t.deepEqual([facts.blobs, facts.artifactType, facts.annotations], [[], undefined, { a: 'b' }])
})

test('a subject and an artifact type are told', (t) => {
  const facts = parseManifest(bytesOf({ ...image, artifactType: 'application/x', subject: child }), undefined)
  t.is<string | undefined, string>(facts.subject?.digest, child.digest)
  t.is(facts.artifactType, 'application/x')
})

test('layers that are not distributed need not be there; those of Docker must say where they are', (t) => {
  const foreign = descriptor('foreign', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')
  const old = descriptor('old', 'application/vnd.oci.image.layer.nondistributable.v1.tar')
  const layers = [
    { ...foreign, urls: ['https://example.com/x'] },
    { ...old, urls: ['https://example.com/y'] },
  ]
  t.is(parseManifest(bytesOf({ ...image, layers }), undefined).blobs.length, 1)
  t.is(parseManifest(bytesOf({ ...image, layers: [foreign, old] }), undefined).blobs.length, 2)
})

for (const [title, value, contentType] of [
  ['an empty index', { ...index, manifests: [] }, undefined],
  ['an index without a list', { ...index, manifests: null }, undefined],
  ['an image without layers', { ...image, layers: [] }, undefined],
  ['unknown members', { ...image, x: { y: [1] }, config: { ...config, z: 1 } }, undefined],
  ['content in a descriptor', { ...image, config: { ...config, data: 'Y29uZmln' } }, undefined],
  ['no mediaType in the document', { ...image, mediaType: undefined }, mediaTypes.ociManifest],
  ['a parameter behind the type', image, `${mediaTypes.ociManifest}; charset=utf-8`],
  ['a type of the future', { mediaType: 'application/x.y+json', layers: 'anything' }, 'application/x.y+json'],
] as const) {
  test(`taken: ${title}`, (t) => t.notThrows(() => parseManifest(bytesOf(value), contentType)))
}

for (const [title, value, contentType, pattern] of [
  ['no JSON', '{', undefined, /not JSON/],
  ['a list', [], undefined, /expected an object/],
  ['no type at all', { ...image, mediaType: undefined }, undefined, /no mediaType/],
  ['two types', image, mediaTypes.ociIndex, /the request says/],
  ['what is no type', { ...image, mediaType: undefined }, 'x', /not a media type/],
  ['an image that is an index too', { ...image, manifests: [] }, undefined, /both/],
  ['an index that is an image too', { ...index, layers: [] }, undefined, /both/],
  ['a name twice', '{"mediaType":"a/b","mediaType":"a/c"}', 'a/c', /twice/],
  ['no config', { ...image, config: undefined }, undefined, /config/],
  ['a bad digest', { ...image, layers: [{ ...layer, digest: 'sha256:../../x' }] }, undefined, /layers\[0\]\.digest/],
  ['a size below zero', { ...image, layers: [{ ...layer, size: -1 }] }, undefined, /size/],
  ['annotations that are no text', { ...image, annotations: { a: 1 } }, undefined, /annotations/],
  ['a bad subject', { ...image, subject: {} }, undefined, /subject/],
  ['too many descriptors', { ...image, layers: Array.from({ length: 10_001 }, () => layer) }, undefined, /more than/],
  ['too deep', `{"a":${'['.repeat(70)}${']'.repeat(70)}}`, undefined, /deep/],
  ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), undefined, /JSON|object/],
] as const) {
  test(`refused: ${title}`, (t) => {
    const error = t.throws(() => parseManifest(bytesOf(value), contentType), { instanceOf: RegistryError })
    t.deepEqual([error.code, error.status], ['MANIFEST_INVALID', 400])
    t.regex(error.message, pattern)
  })
}

test('what is too large is refused with 413 before it is read', (t) => {
  const error = t.throws(() => parseManifest(Buffer.alloc(mostManifestBytes + 1), undefined), {
    instanceOf: RegistryError,
  })
  t.deepEqual([error.code, error.status], ['MANIFEST_INVALID', 413])
})

test('an empty artifact type is none: that of the config stands for it', (t) => {
  t.is(parseManifest(bytesOf({ ...image, artifactType: '' }), undefined).artifactType, mediaTypes.ociConfig)
  t.is(parseManifest(bytesOf({ ...index, artifactType: '' }), undefined).artifactType, undefined)
})

test("manifests of Docker's first schema are refused, with what to do", (t) => {
  for (const type of ['v1+json', 'v1+prettyjws']) {
    const contentType = `application/vnd.docker.distribution.manifest.${type}`
    const error = t.throws(() => parseManifest(bytesOf({ schemaVersion: 1, fsLayers: [] }), contentType))
    t.regex(error?.message ?? '', /schema 2/)
  }
})
