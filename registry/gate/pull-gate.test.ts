import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushBlob } from '../service/testing/images.ts'
import { day, gated } from './testing/gated.ts'

const app = named('app')
const [signed, other] = [imageOf('signed'), imageOf('other')]

test('what is signed under its tag is served by the tag and by its digest, with its blobs', async (t) => {
  const { service, signatures, get, counts } = await gated(t, 'enforce')
  const digest = await pushArtifact(service, app, signed, ['v1'])
  signatures.sign('v1', digest)
  for (const path of ['manifests/v1', `manifests/${digest}`, ...signed.blobs.map((blob) => `blobs/${digestOf(blob)}`)])
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await get(`/v2/app/${path}`, 'puller', method)
      t.is(answer.status, 200, path)
      t.is(answer.headers['warning'], undefined)
    }
  t.deepEqual(counts(), { allowed: 8, reported: 0, refused: 0, exempt: 0 })
})

test('what is not signed is refused with the reason, and so are its blobs', async (t) => {
  const { service, get, counts, told } = await gated(t, 'enforce')
  const digest = await pushArtifact(service, app, other, ['v1'])
  const answer = await get('/v2/app/manifests/v1')
  t.is(answer.status, 403)
  t.deepEqual([answer.codes, answer.message], [['DENIED'], 'v1 is not signed'])
  t.is((await get('/v2/app/manifests/v1', 'puller', 'HEAD')).status, 403)
  t.is((await get(`/v2/app/manifests/${digest}`)).message, `${digest} is not signed`)
  for (const blob of other.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 403)
  t.deepEqual(counts(), { allowed: 0, reported: 0, refused: 5, exempt: 0 })
  t.is(told.length, 4) // the same pull is told once
})

test('what is signed under another tag is refused under this one', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  const digest = await pushArtifact(service, app, signed, ['v1', 'v2'])
  signatures.sign('v1', digest)
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  t.is((await get('/v2/app/manifests/v2')).message, 'v2 is not signed')
})

test('a tag that is moved behind the signature is refused', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  await pushArtifact(service, app, other, ['v1'])
  t.is((await get('/v2/app/manifests/v1')).status, 403)
  t.is((await get(`/v2/app/manifests/${signed.digest}`)).status, 200)
})

test('who may push is let through, and counted', async (t) => {
  const { service, get, counts } = await gated(t, 'enforce')
  await pushArtifact(service, app, other, ['v1'])
  t.is((await get('/v2/app/manifests/v1', 'publisher')).status, 200)
  t.is((await get(`/v2/app/blobs/${digestOf(other.blobs[0] ?? '')}`, 'publisher')).status, 200)
  t.is(counts().exempt, 2)
})

test('where it only reports, everything is served, with a warning and a count', async (t) => {
  const { service, get, counts, told } = await gated(t, 'report')
  await pushArtifact(service, app, other, ['v1'])
  const answer = await get('/v2/app/manifests/v1')
  t.is(answer.status, 200)
  t.deepEqual(answer.body, other.bytes)
  t.is(answer.headers['warning'], '299 - "v1 is not signed"')
  t.is((await get(`/v2/app/blobs/${digestOf(other.blobs[1] ?? '')}`)).headers['warning']?.slice(0, 7), '299 - "')
  t.deepEqual(counts(), { allowed: 0, reported: 2, refused: 0, exempt: 0 })
  t.regex(told[0] ?? '', /would be refused.*"tag":"v1"/)
})

test('repositories without a rule are not looked at', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  await pushArtifact(service, named('elsewhere'), other, ['v1'])
  t.is((await get('/v2/elsewhere/manifests/v1')).status, 200)
  t.is(signatures.asked, 0)
})

test('a gate that is off looks at nothing', async (t) => {
  const { service, signatures, get, counts } = await gated(t, 'off')
  await pushArtifact(service, app, other, ['v1'])
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  t.deepEqual([signatures.asked, counts().allowed], [0, 0])
})

test('what a signed index names is served by its digest, however deep, and with its blobs', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  const inner = indexOf([signed])
  const outer = indexOf([inner])
  for (const artifact of [signed, other, inner]) await pushArtifact(service, app, artifact)
  signatures.sign('v1', await pushArtifact(service, app, outer, ['v1']))
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  for (const { digest } of [inner, signed]) t.is((await get(`/v2/app/manifests/${digest}`)).status, 200)
  for (const blob of signed.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 200)
  t.is((await get(`/v2/app/manifests/${other.digest}`)).status, 403)
  for (const blob of other.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 403)
})

test('a child of an index under a tag of its own must be signed under that', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  await pushArtifact(service, app, signed, ['v1-amd64'])
  signatures.sign('v1', await pushArtifact(service, app, indexOf([signed]), ['v1']))
  t.is((await get('/v2/app/manifests/v1-amd64')).status, 403)
})

test('a blob that an image which is signed shares with one that is not is served', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  const layer = signed.blobs[1] ?? Buffer.alloc(0)
  const config = Buffer.from('{"of":"another image"}')
  const sharing = artifactOf(
    {
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }],
    },
    [config, layer],
  )
  await pushArtifact(service, app, sharing, ['v2'])
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  t.is((await get(`/v2/app/blobs/${digestOf(layer)}`)).status, 200)
  t.is((await get(`/v2/app/blobs/${digestOf(config)}`)).status, 403)
})

test('a blob that no manifest refers to is refused, and nobody is asked who signed anything', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  const digest = await pushBlob(service, app, Buffer.from('loose'))
  for (const name of ['app', 'app/that/there/is/not']) {
    const answer = await get(`/v2/${name}/blobs/${digest}`)
    t.deepEqual([answer.status, answer.message], [403, 'no manifest that may be pulled here refers to this blob'])
  }
  t.is(signatures.looks, 0)
  await pushArtifact(service, app, other)
  await get(`/v2/app/blobs/${digestOf(other.blobs[0] ?? '')}`)
  t.is(signatures.looks, 1)
})

test('what is not there is not found, whoever asks', async (t) => {
  const { service, get } = await gated(t, 'enforce')
  await pushArtifact(service, app, signed, ['v1'])
  t.is((await get('/v2/app/manifests/v9')).status, 404)
  t.is((await get(`/v2/app/manifests/${other.digest}`)).status, 404)
})

test('a judgement is remembered until the signatures change', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  for (let i = 0; i < 5; i++) t.is((await get('/v2/app/manifests/v1')).status, 200)
  t.is(signatures.asked, 1)
  signatures.revoke('v1')
  t.is((await get('/v2/app/manifests/v1')).status, 403)
  t.is((await get(`/v2/app/manifests/${signed.digest}`)).status, 403)
  for (const blob of signed.blobs) t.is((await get(`/v2/app/blobs/${digestOf(blob)}`)).status, 403)
})

test('a judgement is good for as long as it says', async (t) => {
  let now = Date.now()
  const { service, signatures, get } = await gated(t, 'enforce', () => now)
  signatures.until = now + day
  signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  t.is((await get('/v2/app/manifests/v1')).status, 200)
  t.is(signatures.asked, 1)
  now += day
  await get('/v2/app/manifests/v1')
  t.is(signatures.asked, 2)
})

test('what was refused is allowed as soon as it is pushed as a part of something that is signed', async (t) => {
  const { service, signatures, get } = await gated(t, 'enforce')
  await pushArtifact(service, app, signed)
  const index = indexOf([signed])
  signatures.sign('v1', index.digest)
  t.is((await get(`/v2/app/manifests/${signed.digest}`)).status, 403)
  await pushArtifact(service, app, index, ['v1'])
  t.is((await get(`/v2/app/manifests/${signed.digest}`)).status, 200)
})

for (const [mode, status] of [
  ['enforce', 403],
  ['report', 200],
] as const) {
  test(`when signatures cannot be judged, ${mode} answers ${status}`, async (t) => {
    const { service, signatures, get, told } = await gated(t, mode)
    signatures.sign('v1', await pushArtifact(service, app, signed, ['v1']))
    signatures.failure = new Error('a secret of the inside')
    const answer = await get('/v2/app/manifests/v1')
    t.is(answer.status, status)
    t.false((answer.body.toString() + String(answer.headers['warning'])).includes('inside'))
    t.regex(told[0] ?? '', /could not find out/)
  })
}

test('blobs of a repository that is looked at are mounted only by who may push there', async (t) => {
  const { service, get, post } = await gated(t, 'enforce')
  await pushArtifact(service, app, other, ['v1'])
  const layer = digestOf(other.blobs[1] ?? '')
  for (const query of [`mount=${layer}&from=app`, `mount=${layer}`])
    t.is((await post(`/v2/mine/blobs/uploads/?${query}`)).status, 202)
  t.is((await get(`/v2/mine/blobs/${layer}`)).status, 404)
  await pushArtifact(service, named('elsewhere'), other)
  t.is((await post(`/v2/mine/blobs/uploads/?mount=${layer}&from=elsewhere`)).status, 201)
})
