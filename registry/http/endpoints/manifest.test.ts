import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'
import { imageOf, named, pushArtifact, subjectOf } from '../../service/testing/images.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import { type Served, serve } from '../testing/served.ts'

const image = imageOf('a')
const name = named('team/app')
const at = (reference: string): string => `/v2/${name}/manifests/${reference}`

async function served(t: ExecutionContext): Promise<Served> {
  const all = await serve(t)
  await pushArtifact(all.service, name, image, ['latest'])
  return all
}

function withoutTimes({ headers: { date: _date, 'x-request-id': _id, ...headers } }: Answered): object {
  return headers
}

test('GET by tag and by digest gives the bytes as they were pushed', async (t) => {
  const { ask } = await served(t)
  for (const reference of ['latest', image.digest]) {
    const answer = await ask('GET', at(reference))
    t.is(answer.status, 200)
    t.true(answer.body.equals(image.bytes))
    t.deepEqual(withoutTimes(answer), {
      'docker-distribution-api-version': 'registry/2.0',
      'content-type': image.mediaType,
      'content-length': String(image.bytes.length),
      'docker-content-digest': image.digest,
      etag: `"${image.digest}"`,
      vary: 'Accept',
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
      connection: 'keep-alive',
      'keep-alive': 'timeout=75',
    })
  }
})

test('HEAD has the headers of GET and no body', async (t) => {
  const { ask } = await served(t)
  for (const path of [at('latest'), at('none'), '/v2/', `/v2/${name}/tags/list`, '/v2/_catalog', '/v2/x']) {
    const [get, head] = [await ask('GET', path), await ask('HEAD', path)]
    t.is(head.status, get.status)
    t.deepEqual(withoutTimes(head), withoutTimes(get))
    t.is(head.body.length, 0)
    t.is(Number(head.headers['content-length']), get.body.length)
  }
})

test('a damaged manifest is an error for who reads it, and not there for who asks before a push, which mends it', async (t) => {
  const { service: first, driver, metadata } = await memoryRegistry()
  await pushArtifact(first, name, image, ['latest'])
  await driver.remove(image.digest)
  const { ask } = await serve(t, { service: (await memoryRegistry({ driver, metadata })).service })
  for (const reference of ['latest', image.digest]) {
    t.deepEqual((await ask('GET', at(reference))).codes, ['UNKNOWN'])
    t.is((await ask('GET', at(reference))).status, 500)
    t.is((await ask('HEAD', at(reference))).status, 404)
  }
  t.is((await ask('PUT', at('latest'), { body: image.bytes })).status, 201)
  t.is((await ask('HEAD', at('latest'))).status, 200)
})

for (const [accept, status] of [
  [[image.mediaType], 200],
  [['*/*'], 200],
  [[''], 200],
  [[mediaTypes.ociIndex, image.mediaType], 200],
  [[mediaTypes.ociIndex], 404],
  [[`${image.mediaType};q=0, */*`], 404],
] as const) {
  test(`Accept: ${accept.join(' and ')}`, async (t) => {
    const { ask } = await served(t)
    const answer = await ask('GET', at('latest'), { headers: { Accept: [...accept] } })
    t.is(answer.status, status)
    t.is(answer.headers.vary, 'Accept')
    if (status === 404) {
      t.deepEqual(answer.codes, ['MANIFEST_UNKNOWN'])
      t.regex(
        answer.message,
        /of type application\/vnd\.oci\.image\.manifest\.v1\+json, which the request does not accept/,
      )
    }
  })
}

for (const [header, status] of [
  [`"${image.digest}"`, 304],
  [`W/"${image.digest}"`, 304],
  [`"x", "${image.digest}"`, 304],
  ['*', 304],
  [`"${digestOf('x')}"`, 200],
  [image.digest, 200],
] as const) {
  test(`If-None-Match: ${header.slice(0, 20)}`, async (t) => {
    const { ask } = await served(t)
    const answer = await ask('GET', at('latest'), { headers: { 'If-None-Match': header } })
    t.is(answer.status, status)
    t.is(answer.headers.etag, `"${image.digest}"`)
    if (status === 304) t.is(answer.body.length, 0)
  })
}

test('PUT by tag answers with where the manifest is', async (t) => {
  const { ask } = await served(t)
  const answer = await ask('PUT', at('v2'), { body: image.bytes, headers: { 'Content-Type': image.mediaType } })
  t.is(answer.status, 201)
  t.like(answer.headers, {
    location: at(image.digest),
    'docker-content-digest': image.digest,
    'content-length': '0',
  })
  t.is(answer.headers['content-type'], undefined)
  t.is(answer.headers['oci-subject'], undefined)
  t.is((await ask('GET', String(answer.headers.location))).status, 200)
})

test('PUT by digest takes tags, of which sha512 ones are told as such', async (t) => {
  const { ask } = await served(t)
  const digest = digestOf(image.bytes, 'sha512')
  const answer = await ask('PUT', `${at(digest)}?tag=b&tag=a&tag=b`, { body: [image.bytes] })
  t.is(answer.status, 201)
  t.like(answer.headers, { 'oci-tag': 'b, a', 'docker-content-digest': digest, location: at(digest) })
  t.is((await ask('HEAD', at('a'))).headers['docker-content-digest'], digest)
  const many = Array.from({ length: 300 }, (_, i) => `tag=t${i}`).join('&')
  t.is((await ask('PUT', `${at(digest)}?${many}`, { body: image.bytes })).status, 414)
  t.is((await ask('GET', at('t1'))).status, 404)
  t.deepEqual((await ask('PUT', `${at(digest)}?tag=.x`, { body: image.bytes })).codes, ['TAG_INVALID'])
})

test('a subject is told', async (t) => {
  const { ask, service } = await served(t)
  const referrer = imageOf('b', subjectOf(image))
  await pushArtifact(service, name, referrer)
  const answer = await ask('PUT', at('signature'), { body: referrer.bytes })
  t.deepEqual([answer.status, answer.headers['oci-subject']], [201, image.digest])
})

test('a blob that is missing is told by its digest, each with its error', async (t) => {
  const { ask } = await serve(t)
  const answer = await ask('PUT', at('x'), { body: image.bytes })
  t.deepEqual([answer.status, answer.codes], [400, ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']])
})

for (const [title, reference, body, status, code] of [
  ['no JSON', 'x', '{', 400, 'MANIFEST_INVALID'],
  ['nothing', 'x', '', 400, 'MANIFEST_INVALID'],
  ['another digest', digestOf('x'), image.bytes, 400, 'DIGEST_INVALID'],
  ['a digest that is none', 'sha256:x', image.bytes, 400, 'DIGEST_INVALID'],
  ['a tag that is none', '-x', image.bytes, 400, 'TAG_INVALID'],
  ['no reference', '', image.bytes, 400, 'TAG_INVALID'],
  ['too large', 'x', Buffer.alloc(4 * 1024 * 1024 + 1, 0x20), 413, 'MANIFEST_INVALID'],
] as const) {
  test(`PUT of ${title}`, async (t) => {
    const { ask } = await served(t)
    const whole = await ask('PUT', at(reference), { body })
    t.deepEqual([whole.status, whole.codes], [status, [code]])
    const pieces = await ask('PUT', at(reference), { body: [Buffer.from(body)] })
    t.deepEqual([pieces.status, pieces.codes], [status, [code]])
  })
}

test('a manifest of 4 MiB is taken', async (t) => {
  const { ask, service } = await serve(t)
  const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, i) => [`key-${i}`, 'x'.repeat(10_000)]))
  const large = imageOf('large', { annotations })
  await pushArtifact(service, name, imageOf('large'))
  const answer = await ask('PUT', at('large'), { body: large.bytes })
  t.is(answer.status, 201)
  t.true((await ask('GET', at('large'))).body.equals(large.bytes))
})

test('DELETE of a tag leaves the manifest, of a digest takes all its tags, at once', async (t) => {
  const { ask } = await served(t)
  const removed = await ask('DELETE', at('latest'))
  t.deepEqual([removed.status, removed.headers['content-length'], removed.body.length], [202, '0', 0])
  t.is((await ask('GET', at('latest'))).status, 404)
  t.is((await ask('GET', at(image.digest))).status, 200)
  await ask('PUT', at('again'), { body: image.bytes })
  t.is((await ask('DELETE', at(image.digest))).status, 202)
  t.is((await ask('HEAD', at(image.digest))).status, 404)
  t.deepEqual((await ask('GET', at('again'))).codes, ['MANIFEST_UNKNOWN'])
  t.deepEqual((await ask('DELETE', at(image.digest))).codes, ['MANIFEST_UNKNOWN'])
})

test('a client that asks for content of another host is told by which name', async (t) => {
  const { ask } = await served(t)
  t.is((await ask('GET', `${at('latest')}?ns=docker.io`)).headers['oci-namespace'], 'docker.io')
  t.is((await ask('GET', `${at('none')}?ns=docker.io`)).headers['oci-namespace'], undefined)
  for (const ns of ['a%0d%0aX: 1', 'ü', '', 'x'.repeat(300)]) {
    const answer = await ask('GET', `${at('latest')}?ns=${encodeURIComponent(decodeURIComponent(ns))}`)
    t.deepEqual([answer.status, answer.headers['oci-namespace']], [200, undefined])
  }
})
