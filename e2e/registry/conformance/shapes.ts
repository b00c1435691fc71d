import assert from 'node:assert/strict'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks, digestChecks } from './check.ts'
import { assertKept } from './push-manifests.ts'
import { assertError, assertHeader, assertStatus, descriptorOf, type Scene } from './scene.ts'

const emptyBytes = '{}'
const artifactType = 'application/vnd.example.thing.v1'

async function emptyBlob(scene: Scene): Promise<Record<string, unknown>> {
  return { ...(await scene.blobDescriptor(mediaTypes.ociEmpty, emptyBytes)) }
}

async function index(scene: Scene, fields: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
  const children = [await scene.pushImage(), await scene.pushImage({ annotations: { which: 'second' } })]
  const manifests = children.map((child, i) => ({
    ...descriptorOf(child),
    platform: { os: 'linux', architecture: ['amd64', 'arm64'][i] },
  }))
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...fields }
}

/** A check that a document is taken and comes back. */
const kept =
  (document: (scene: Scene) => Promise<Record<string, unknown>>): Check['run'] =>
  async (scene) => {
    await assertKept(scene, await scene.putManifest(await document(scene)))
  }

const shapes: readonly Check[] = digestChecks('Pushing manifests: what they may be (image-spec)', [
  ['shape-image', 'MUST', 'keeps an image', kept((scene) => scene.image())],
  ['shape-index', 'MUST', 'keeps an index', kept((scene) => index(scene))],
  [
    'shape-nested',
    'MUST',
    'keeps an index of an index',
    kept(async (scene) => {
      const inner = await scene.pushManifest(await index(scene))
      return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptorOf(inner)] }
    }),
  ],
  [
    'shape-empty-index',
    'MUST',
    'keeps an index of nothing',
    kept(() => Promise.resolve({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })),
  ],
  ['shape-no-layers', 'MUST', 'keeps an image without layers', kept((scene) => scene.image({ layers: [] }))],
  [
    'shape-same-layer',
    'MUST',
    'keeps an image that has one layer twice',
    kept(async (scene) => {
      const layer = await scene.blobDescriptor(mediaTypes.ociLayerGzip)
      return scene.image({ layers: [layer, layer] })
    }),
  ],
  [
    'shape-artifact',
    'MUST',
    'keeps an artifact: artifactType, empty config and layer',
    kept(async (scene) => {
      const blob = await emptyBlob(scene)
      return scene.image({ artifactType, config: blob, layers: [blob] })
    }),
  ],
  [
    'shape-artifact-index',
    'MUST',
    'keeps an index with an artifactType',
    kept((scene) => index(scene, { artifactType })),
  ],
  [
    'shape-data',
    'MUST',
    'keeps descriptors with their content in `data`',
    kept(async (scene) => {
      const blob = { ...(await emptyBlob(scene)), data: Buffer.from(emptyBytes).toString('base64') }
      return scene.image({ config: blob, layers: [blob] })
    }),
  ],
  [
    'shape-unknown-types',
    'MUST',
    'keeps an image whose config and layers have types of others',
    kept(async (scene) => {
      const config = await scene.blobDescriptor('application/vnd.example.config.v7+json')
      return scene.image({ config, layers: [await scene.blobDescriptor('application/vnd.example+weird')] })
    }),
  ],
  [
    'shape-unknown-fields',
    'MUST',
    'keeps fields that nobody knows',
    kept((scene) => scene.image({ 'org.example': { deep: [{}] } })),
  ],
  [
    'shape-nondistributable',
    'MUST',
    'keeps an image whose non-distributable layer was not pushed',
    kept(async (scene) => {
      const foreign = {
        mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
        digest: scene.digest('elsewhere'),
        size: 9,
        urls: ['https://example.com/layer'],
      }
      return scene.image({ layers: [foreign] })
    }),
  ],
  [
    'shape-docker',
    'Docker',
    "keeps Docker's image manifest",
    kept(async (scene) => ({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: await scene.blobDescriptor(mediaTypes.dockerConfig, '{"os":"linux"}'),
      layers: [await scene.blobDescriptor(mediaTypes.dockerLayerGzip)],
    })),
  ],
  [
    'shape-docker-list',
    'Docker',
    "keeps Docker's manifest list",
    kept((scene) => index(scene, { mediaType: mediaTypes.dockerIndex })),
  ],
])

const old: readonly Check[] = checks('Pushing manifests: what they may be (image-spec)', [
  [
    'shape-future',
    'MAY',
    'keeps documents of types that nobody knows',
    async (scene) => {
      const pushed = await scene.putManifest({ mediaType: 'application/vnd.example.future.v3+json', anything: [1] })
      assertStatus(pushed.answer, 201)
      assert.deepEqual((await scene.askHere('GET', `manifests/${pushed.digest}`)).body, pushed.bytes)
    },
  ],
  [
    'shape-schema1',
    'ours',
    "refuses Docker's first manifests with a message",
    async (scene) => {
      const body =
        '{"schemaVersion":1,"name":"a","tag":"b","architecture":"amd64","fsLayers":[],"history":[],"signatures":[]}'
      for (const type of ['v1+json', 'v1+prettyjws']) {
        const headers = { 'Content-Type': `application/vnd.docker.distribution.manifest.${type}` }
        assertError(await scene.askHere('PUT', 'manifests/a', { headers, body }), [400, 404, 415])
      }
    },
  ],
  [
    'shape-twice',
    'ours',
    'refuses a document that names a field twice',
    async (scene) => {
      const text = JSON.stringify(await scene.image()).replace('{', '{"layers":[],')
      assertError((await scene.putManifest(Buffer.from(text), 'a')).answer, [400], ['MANIFEST_INVALID'])
    },
  ],
  [
    'shape-index-child-unknown',
    'MUST',
    'refuses an index without its child with MANIFEST_BLOB_UNKNOWN, or keeps it as it is',
    async (scene) => {
      const child = { mediaType: mediaTypes.ociManifest, digest: scene.digest('not pushed'), size: 10 }
      const { answer, bytes } = await scene.putManifest(
        { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [child] },
        'a',
      )
      if (answer.status === 201) assert.deepEqual((await scene.getManifest('a')).body, bytes)
      else assertError(answer, [400, 404], ['MANIFEST_BLOB_UNKNOWN'])
    },
  ],
  [
    'accept-several',
    'MUST',
    'reads all Accept headers, in lines and in lists',
    async (scene) => {
      const { bytes } = await scene.pushManifest(await index(scene), 'a')
      for (const accept of [
        [mediaTypes.ociManifest, mediaTypes.ociIndex],
        `${mediaTypes.ociManifest}, ${mediaTypes.ociIndex};q=0.5`,
      ]) {
        const answer = await scene.askHere('GET', 'manifests/a', { headers: { Accept: accept } })
        assertStatus(answer, 200)
        assert.deepEqual(answer.body, bytes)
      }
    },
  ],
  [
    'accept-any',
    'SHOULD',
    'serves everything to clients without Accept, and to those who take all',
    async (scene) => {
      const { bytes } = await scene.pushManifest(await index(scene), 'a')
      for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/*' }]) {
        const answer = await scene.askHere('GET', 'manifests/a', { headers })
        assertStatus(answer, 200)
        assert.deepEqual(answer.body, bytes)
      }
    },
  ],
  [
    'accept-never-rewrites',
    'MUST',
    'never gives a client another document because of its Accept',
    async (scene) => {
      const { bytes, digest } = await scene.pushManifest(await index(scene, { mediaType: mediaTypes.dockerIndex }), 'a')
      const answer = await scene.askHere('GET', 'manifests/a', { headers: { Accept: mediaTypes.dockerManifest } })
      assertStatus(answer, 200, 404, 406)
      if (answer.status !== 200) return
      assert.deepEqual(answer.body, bytes)
      assertHeader(answer, 'docker-content-digest', digest)
    },
  ],
  [
    'accept-vary',
    'ours',
    'tells caches that what a tag gives depends on Accept',
    async (scene) => {
      await scene.pushImage({}, 'a')
      assertHeader(await scene.getManifest('a'), 'vary', /\baccept\b/i)
    },
  ],
  [
    'accept-excludes',
    'ours',
    'answers 404 when Accept excludes the type',
    async (scene) => {
      await scene.pushImage({}, 'a')
      assertStatus(
        await scene.askHere('GET', 'manifests/a', { headers: { Accept: mediaTypes.dockerManifest } }),
        404,
        406,
      )
    },
  ],
])

/** Push: forms of manifests that come back as they are, and what clients say they take. */
export const pushShapes: readonly Check[] = [...shapes, ...old]
