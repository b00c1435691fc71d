import type { IncomingMessage } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { bodyOf, sendJson, standIn } from '../../shared/net/testing/stand-in.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { referrersTag } from './referrers.ts'
import { collected, failsWith, testClient } from './testing/client.ts'
import type { RemoteManifest, RemoteRepository } from './types.ts'

const { ociIndex, ociManifest } = mediaTypes
const subject = { mediaType: ociManifest, digest: digestOf('subject'), size: 7 }

function referrer(artifactType: string, note = ''): RemoteManifest {
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 }
  const document = {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType,
    config,
    layers: [],
    subject,
    annotations: { note },
  }
  const bytes = Buffer.from(JSON.stringify(document))
  return { mediaType: ociManifest, digest: digestOf(bytes), bytes }
}

const described = ({ mediaType, digest, bytes }: RemoteManifest, artifactType: string): Descriptor => ({
  mediaType,
  digest,
  size: bytes.byteLength,
  artifactType,
})

/** A registry that keeps manifests by reference and knows nothing of referrers. */
async function oldRegistry(
  t: ExecutionContext,
  refuses: (request: IncomingMessage, now: Buffer | undefined) => boolean = () => false,
): Promise<{ readonly repository: RemoteRepository; readonly kept: Map<string, Buffer> }> {
  const kept = new Map<string, Buffer>()
  const { host } = await standIn(t, async (request, response) => {
    const [, ref] = /^\/v2\/a\/manifests\/(.+)$/.exec(request.url ?? '') ?? []
    if (request.url === '/v2/') return response.end()
    if (ref === undefined) return response.writeHead(404).end('404 page not found')
    if (request.method === 'PUT') {
      const body = await bodyOf(request)
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (refuses(request, kept.get(ref))) return sendJson(response, {}, 412)
      kept.set(ref, body).set(digestOf(body), body)
      return response.writeHead(201).end()
    }
    const found = kept.get(ref)
    if (found === undefined) return sendJson(response, {}, 404)
    if (request.method === 'DELETE') {
      kept.delete(ref)
      return response.writeHead(202).end()
    }
    const { mediaType } = JSON.parse(String(found)) as { mediaType: string }
    return response.writeHead(200, { 'content-type': mediaType }).end(found)
  })
  return { repository: testClient(t).repository({ domain: host, path: 'a' }), kept }
}

test('a registry that has the API is asked, page by page', async (t) => {
  const [one, two] = [described(referrer('a/x'), 'a/x'), described(referrer('a/y'), 'a/y')]
  const { host, asked } = await standIn(t, (request, response) => {
    const isSecond = request.url?.includes('last=') === true
    if (!isSecond) response.setHeader('link', `<${request.url?.replace(/\?.*/, '')}?last=1>; rel="next"`)
    const page = { schemaVersion: 2, mediaType: ociIndex, manifests: [isSecond ? two : one] }
    response.writeHead(200, { 'content-type': ociIndex }).end(JSON.stringify(page))
  })
  const repository = testClient(t).repository({ domain: host, path: 'a' })
  const digests = (found: readonly Descriptor[]): string[] => found.map(({ digest }) => digest)
  t.deepEqual(digests(await collected(repository.referrers(subject.digest))), [one.digest, two.digest])
  // It did not say that it filtered, so it is filtered here.
  t.deepEqual(digests(await collected(repository.referrers(subject.digest, { artifactType: 'a/y' }))), [two.digest])
  t.true(asked.some(({ target }) => target.endsWith('?artifactType=a%2Fy')))
})

test('a registry that goes on for ever is left, also when nothing on its pages is what was asked for', async (t) => {
  for (const each of [1, 2000]) {
    const manifests = Array.from({ length: each }, (_, i) => described(referrer('a/x', `${i}`), 'a/x'))
    let page = 0
    const { host } = await standIn(t, (request, response) => {
      if (request.url === '/v2/') return response.end()
      response.setHeader('link', `<${request.url?.replace(/\?.*/, '')}?last=${++page}>; rel="next"`)
      return response
        .writeHead(200, { 'content-type': ociIndex })
        .end(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
    })
    const repository = testClient(t).repository({ domain: host, path: 'a' })
    const all = collected(repository.referrers(subject.digest, { artifactType: 'a/other' }))
    await failsWith(t, 'REGISTRY_ANSWER_INVALID', all)
    t.true(page <= (each === 1 ? 201 : 6), `${page} pages`)
  }
})

test('without the API a tag lists them, kept up by whoever pushes and deletes', async (t) => {
  const { repository, kept } = await oldRegistry(t)
  const all = [referrer('a/x'), referrer('a/y'), referrer('a/x', 'second')]
  await Promise.all(all.map((each) => repository.putManifest(each.digest, each)))
  const find = async (artifactType?: string): Promise<string[]> =>
    (await collected(repository.referrers(subject.digest, { artifactType }))).map(({ digest }) => digest).toSorted()
  t.deepEqual(await find(), all.map(({ digest }) => digest as string).toSorted())
  t.deepEqual(await find('a/y'), [all[1]?.digest])
  t.true(kept.has(`sha256-${subject.digest.slice('sha256:'.length)}`))
  await repository.putManifest(all[0]?.digest ?? '', referrer('a/x'))
  t.is((await find()).length, 3)
  t.true(await repository.removeManifest(all[1]?.digest ?? ''))
  t.deepEqual(await find('a/y'), [])
  t.is((await find()).length, 2)
})

test('a manifest without a subject leaves no list', async (t) => {
  const { repository, kept } = await oldRegistry(t)
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] }))
  await repository.putManifest('x', { mediaType: ociIndex, digest: digestOf(bytes), bytes })
  t.deepEqual([...kept.keys()], ['x', digestOf(bytes)])
  t.deepEqual(await collected(repository.referrers(subject.digest)), [])
})

test('a registry that says that it took note of the subject needs no list', async (t) => {
  const { host, asked } = await standIn(t, (request, response) =>
    request.resume().on('end', () => response.writeHead(201, { 'oci-subject': subject.digest }).end()),
  )
  const manifest = referrer('a/x')
  await testClient(t).repository({ domain: host, path: 'a' }).putManifest(manifest.digest, manifest)
  t.deepEqual(
    asked.map(({ method }) => method),
    ['GET', 'PUT'],
  )
})

test('a list that is none is refused', async (t) => {
  const { host } = await standIn(t, (_, response) =>
    response.writeHead(200, { 'content-type': ociIndex }).end('{"manifests":{}}'),
  )
  const repository = testClient(t).repository({ domain: host, path: 'a' })
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', collected(repository.referrers(subject.digest)))
})

test('a registry that stored something else says so', async (t) => {
  const { host } = await standIn(t, (request, response) =>
    request.resume().on('end', () => response.writeHead(201, { 'docker-content-digest': digestOf('x') }).end()),
  )
  const manifest = referrer('a/x')
  const put = testClient(t).repository({ domain: host, path: 'a' }).putManifest('x', manifest)
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', put)
})

test('the tag is cut as the specification says', (t) => {
  t.is(referrersTag(subject.digest), subject.digest.replace(':', '-'))
  t.is(referrersTag(digestOf('x', 'sha512')).length, 'sha512-'.length + 64)
})

/** Holds a tag against what the client expects of it (RFC 9110, 13.1), where the client says so. */
function isOtherwise({ headers }: IncomingMessage, now: Buffer | undefined): boolean {
  const [match, noneMatch] = [headers['if-match'], headers['if-none-match']]
  if (match !== undefined) return now === undefined || match !== `"${digestOf(now)}"`
  return noneMatch === '*' && now !== undefined
}

test('a list that others change at the same time loses nothing, where the registry looks', async (t) => {
  const { repository, kept } = await oldRegistry(t, isOtherwise)
  const tag = referrersTag(subject.digest)
  let meanwhile = 0
  const set = kept.get.bind(kept)
  kept.get = (key) => {
    const found = set(key)
    // behind the back of whoever has just read the list
    if (key === tag && meanwhile < 3) {
      const theirs = described(referrer('a/theirs', `${meanwhile++}`), 'a/theirs')
      const before = found === undefined ? [] : (JSON.parse(String(found)) as { manifests: Descriptor[] }).manifests
      const list = { schemaVersion: 2, mediaType: ociIndex, manifests: [...before, theirs] }
      setImmediate(() => kept.set(key, Buffer.from(JSON.stringify(list))))
    }
    return found
  }
  const own = referrer('a/x')
  await repository.putManifest(own.digest, own)
  const listed = await collected(repository.referrers(subject.digest))
  t.true(listed.some(({ digest }) => digest === own.digest))
  t.is(listed.filter(({ artifactType }) => artifactType === 'a/theirs').length, meanwhile)
  t.true(meanwhile > 0)
})

test('a registry that refuses every condition is written to without any', async (t) => {
  const isConditional = ({ headers }: IncomingMessage): boolean =>
    headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
  const { repository } = await oldRegistry(t, isConditional)
  const [one, two] = [referrer('a/x'), referrer('a/y')]
  await repository.putManifest(one.digest, one)
  await repository.putManifest(two.digest, two)
  t.is((await collected(repository.referrers(subject.digest))).length, 2)
})
