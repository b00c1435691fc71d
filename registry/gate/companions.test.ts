import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { subjectOfTag } from '../protocol/companion-tags.ts'
import {
  type Artifact,
  artifactOf,
  imageOf,
  indexOf,
  named,
  pushArtifact,
  subjectOf,
} from '../service/testing/images.ts'
import { gated } from './testing/gated.ts'

const app = named('app')
const [signed, other] = [imageOf('signed'), imageOf('other')]
const empty = Buffer.from('{}')
const payload = Buffer.from('{"payload":1}')

const descriptor = (bytes: Buffer, mediaType: string): object => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

/** A manifest of a signature, or what pretends to be one. */
function signature(config: string, layer: string, more: object = {}): Artifact {
  const document = { config: descriptor(empty, config), layers: [descriptor(payload, layer)], ...more }
  return artifactOf(document, [empty, payload])
}

const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const simple = 'application/vnd.dev.cosign.simplesigning.v1+json'
const tagOf = (digest: Digest, ending = ''): string => `${digest.replace(':', '-')}${ending}`

test('signatures of what is signed are served, with their blobs', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  const referrer = signature(mediaTypes.ociEmpty, bundle, { artifactType: bundle, ...subjectOf(signed) })
  await pushArtifact(service, app, referrer)
  t.is((await get(`/v2/app/referrers/${signed.digest}`)).status, 200)
  t.is((await get(`/v2/app/manifests/${referrer.digest}`)).status, 200)
  t.is((await get(`/v2/app/blobs/${digestOf(payload)}`)).status, 200)
})

test('signatures of what is not signed are not, nor what only says to be about something that is', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  await pushArtifact(service, app, other, ['v2'])
  const ofOther = signature(mediaTypes.ociEmpty, bundle, { artifactType: bundle, ...subjectOf(other) })
  await pushArtifact(service, app, ofOther)
  t.is((await get(`/v2/app/manifests/${ofOther.digest}`)).status, 403)
  t.is((await get(`/v2/app/blobs/${digestOf(payload)}`)).status, 403)
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  for (const config of [mediaTypes.ociConfig, mediaTypes.dockerConfig]) {
    const pretender = signature(config, mediaTypes.ociLayer, { artifactType: bundle, ...subjectOf(signed) })
    await pushArtifact(service, app, pretender, ['latest'])
    for (const reference of ['latest', pretender.digest])
      t.is((await get(`/v2/app/manifests/${reference}`)).status, 403, `${config} ${reference}`)
  }
})

test('an index about something that is signed gives what it names no right to be pulled', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  await pushArtifact(service, app, other)
  const index = indexOf([other], subjectOf(signed))
  await pushArtifact(service, app, index, ['latest', tagOf(signed.digest)])
  for (const reference of [index.digest, tagOf(signed.digest)])
    t.is((await get(`/v2/app/manifests/${reference}`)).status, 200)
  t.is((await get('/v2/app/manifests/latest')).status, 403)
  t.is((await get(`/v2/app/manifests/${other.digest}`)).status, 403)
  for (const blob of other.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 403)
})

test('what cosign sets tags for is served by these tags, when it is about what is signed and is no image', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  const sig = signature(mediaTypes.ociConfig, simple)
  await pushArtifact(service, app, sig, [tagOf(signed.digest, '.sig'), tagOf(other.digest, '.sig'), 'latest'])
  t.is((await get(`/v2/app/manifests/${tagOf(signed.digest, '.sig')}`)).status, 200)
  for (const blob of sig.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 200)
  for (const reference of ['latest', sig.digest, tagOf(other.digest, '.sig')])
    t.is((await get(`/v2/app/manifests/${reference}`)).status, 403)
  const image = signature(mediaTypes.ociConfig, mediaTypes.dockerLayerGzip)
  await pushArtifact(service, app, image, [tagOf(signed.digest, '.att')])
  t.is((await get(`/v2/app/manifests/${tagOf(signed.digest, '.att')}`)).status, 403)
})

test('nothing is served under a tag that people use because of what it says to be about', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  const chart = signature(
    'application/vnd.cncf.helm.config.v1+json',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    {
      ...subjectOf(signed),
    },
  )
  await pushArtifact(service, app, chart, ['latest', '2.0.0', tagOf(signed.digest)])
  for (const reference of ['latest', '2.0.0', tagOf(signed.digest)])
    t.is((await get(`/v2/app/manifests/${reference}`)).status, 403, reference)
})

const ofImage = { mediaType: mediaTypes.ociConfig, digest: digestOf(empty), size: empty.length }
const ofLayers = [{ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(payload), size: payload.length }]
const odd = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}')

for (const [what, document] of [
  ['has layers of an image and a config of no known type', { config: descriptor(odd, 'text/x'), layers: ofLayers }],
  ['is an image to readers that know no case', { config: descriptor(odd, 'text/x'), Config: ofImage, layers: [] }],
  ['has a config that is one to them', { config: { ...descriptor(odd, 'text/x'), MediaType: mediaTypes.ociConfig } }],
  ['has layers that are some to them', { config: descriptor(odd, 'text/x'), layers: [], 'layer\u017f': ofLayers }],
] as const) {
  test(`what ${what} is no artifact, whatever it says to be about`, async (t) => {
    const { service, signatures, get } = await gated(t, 'enforce')
    signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
    const pretender = artifactOf({ ...document, ...subjectOf(signed) }, [empty, odd, payload])
    await pushArtifact(service, app, pretender, [tagOf(signed.digest, '.sig')])
    t.is((await get(`/v2/app/manifests/${pretender.digest}`)).status, 403)
    t.is((await get(`/v2/app/blobs/${digestOf(payload)}`)).status, 403)
  })
}

test('what tools attach without a config is served, whatever its layers are called', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  const attached = signature('application/vnd.unknown.config.v1+json', mediaTypes.ociLayer, subjectOf(signed))
  await pushArtifact(service, app, attached)
  t.is((await get(`/v2/app/manifests/${attached.digest}`)).status, 200)
  t.is((await get(`/v2/app/blobs/${digestOf(payload)}`)).status, 200)
})

const hex = 'a'.repeat(64)

for (const [tag, expected] of [
  [`sha256-${hex}`, true],
  [`sha256-${hex}.sig`, false],
  [`sha256-${hex}.att`, false],
  [`sha256-${hex}.sbom`, false],
  [`sha256-${hex}.exe`, undefined],
  [`sha256-${hex}a`, undefined],
  [`sha256-${hex.toUpperCase()}`, undefined],
  [`xsha256-${hex}`, undefined],
  ['latest', undefined],
] as const) {
  test(`the tag ${tag.slice(0, 12)}...${tag.slice(-5)} is ${String(expected)} for a list about something`, (t) => {
    t.is(subjectOfTag(tag)?.isList, expected)
  })
}
