import test from 'ava'
import { digestOf } from '../base/digest.ts'
import type { JsonObject, JsonValue } from '../base/json.ts'
import { parseIndex, parseManifest, serializeManifest } from './manifest.ts'
import { isIndexType, isManifestType, layerCompression, mediaTypes } from './media-types.ts'

const digest = digestOf('')
const config = { mediaType: mediaTypes.ociConfig, digest, size: 2 }
const layer = { mediaType: mediaTypes.ociLayerGzip, digest, size: 3 }
const oci = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
const docker = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: { mediaType: mediaTypes.dockerConfig, size: 2, digest },
  layers: [{ mediaType: mediaTypes.dockerLayerGzip, size: 3, digest }],
}
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    {
      mediaType: mediaTypes.ociManifest,
      digest,
      size: 1,
      platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
    },
  ],
}

test('OCI and Docker manifests are read', (t) => {
  t.deepEqual(parseManifest(oci), { ...oci, schemaVersion: 2 })
  t.deepEqual(parseManifest(docker), { ...docker, schemaVersion: 2 })
  t.deepEqual(parseIndex(index), { ...index, schemaVersion: 2 })
})

test('a manifest without a media type is OCI; layers that are null are none', (t) => {
  const manifest = parseManifest({ schemaVersion: 2, config, layers: null })
  t.is(manifest.mediaType, mediaTypes.ociManifest)
  t.deepEqual(manifest.layers, [])
  t.is(parseIndex({ schemaVersion: 2, manifests: null }).mediaType, mediaTypes.ociIndex)
})

const bad: readonly [string, JsonValue, RegExp][] = [
  ['no object', [], /^manifest: expected an object/],
  ['schema 1', { ...oci, schemaVersion: 1 }, /schemaVersion 1 is not supported/],
  ['no version', { config, layers: [] }, /^manifest.schemaVersion: is missing/],
  ['version as text', { ...oci, schemaVersion: '2' }, /^manifest.schemaVersion: expected an integer/],
  ['an index', index, /it is an index/],
  ['both manifests and layers', { ...oci, manifests: [] }, /it is an index/],
  [
    'media type of something else',
    { ...oci, mediaType: 'text/plain' },
    /not the media type of a manifest: text\/plain/,
  ],
  ['media type that is none', { ...oci, mediaType: 'a b' }, /^manifest.mediaType: not a media type/],
  ['no config', { schemaVersion: 2, layers: [] }, /^manifest.config: is missing/],
  [
    'digest in upper case',
    { ...oci, config: { ...config, digest: digest.toUpperCase() } },
    /^manifest.config.digest: /,
  ],
  [
    'digest that is a path',
    { ...oci, config: { ...config, digest: 'sha256:../../etc/passwd' } },
    /config.digest: not a/,
  ],
  ['size below zero', { ...oci, layers: [{ ...layer, size: -1 }] }, /^manifest.layers\[0\].size: a size below zero/],
  ['size with a fraction', { ...oci, layers: [layer, { ...layer, size: 1.5 }] }, /^manifest.layers\[1\].size: /],
  ['size as text', { ...oci, layers: [{ ...layer, size: '3' }] }, /layers\[0\].size: expected an integer/],
  ['layer without a type', { ...oci, layers: [{ digest, size: 1 }] }, /^manifest.layers\[0\].mediaType: is missing/],
  ['layers as object', { ...oci, layers: {} }, /^manifest.layers: expected an array/],
  [
    'too many layers',
    { ...oci, layers: Array.from({ length: 10_001 }, () => layer) },
    /10001 elements, more than 10000/,
  ],
  ['annotation that is no text', { ...oci, annotations: { a: 1 } }, /^manifest.annotations.a: expected a string/],
  [
    'subject without a digest',
    { ...oci, subject: { mediaType: 'a/b', size: 1 } },
    /^manifest.subject.digest: is missing/,
  ],
]
for (const [title, value, message] of bad) {
  test(`manifest refused: ${title}`, (t) => {
    t.throws(() => parseManifest(value), { code: 'MANIFEST_INVALID', message })
  })
}

test('index refused: a manifest, a platform without system', (t) => {
  t.throws(() => parseIndex(oci), { code: 'MANIFEST_INVALID', message: /it is a manifest/ })
  const entry = { ...layer, platform: { architecture: 'amd64' } }
  const message = /^index.manifests\[0\].platform.os: is missing/
  t.throws(() => parseIndex({ ...index, manifests: [entry] }), { code: 'MANIFEST_INVALID', message })
})

test('unknown members survive, and come after the known ones', (t) => {
  const odd: JsonObject = {
    zzz: [1, { b: 1 }],
    aaa: true,
    ...oci,
    config: { x: 1, ...config, data: 'e30=' },
    layers: [{ ...layer, urls: ['https://example.com'], annotations: { b: '2', a: '1' }, 'x-y': {} }],
  }
  t.is(
    serializeManifest(parseManifest(odd)).toString(),
    `{"schemaVersion":2,"mediaType":"${mediaTypes.ociManifest}",` +
      `"config":{"mediaType":"${mediaTypes.ociConfig}","digest":"${digest}","size":2,"data":"e30=","x":1},` +
      `"layers":[{"mediaType":"${mediaTypes.ociLayerGzip}","digest":"${digest}","size":3,"urls":["https://example.com"],` +
      `"annotations":{"a":"1","b":"2"},"x-y":{}}],"aaa":true,"zzz":[1,{"b":1}]}`,
  )
})

test('the bytes do not depend on the order in which a document was put together', (t) => {
  const mixed = Object.fromEntries(Object.entries(oci).reverse())
  t.deepEqual(serializeManifest(parseManifest(mixed)), serializeManifest(parseManifest(oci)))
  t.deepEqual(parseManifest(JSON.parse(serializeManifest(parseManifest(docker)).toString())), parseManifest(docker))
  t.deepEqual(parseIndex(JSON.parse(serializeManifest(parseIndex(index)).toString())), parseIndex(index))
})

test('media types are told apart', (t) => {
  t.true(isManifestType(mediaTypes.dockerManifest) && isIndexType(mediaTypes.dockerIndex))
  t.false(isManifestType(mediaTypes.ociIndex) || isIndexType(mediaTypes.ociConfig))
  t.is(layerCompression(mediaTypes.ociLayerZstd), 'zstd')
  t.is(layerCompression(mediaTypes.dockerLayerGzip), 'gzip')
  t.is(layerCompression(mediaTypes.ociLayer), 'none')
  t.is(layerCompression(mediaTypes.ociConfig), undefined)
})
