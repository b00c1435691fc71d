import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { type Answer, standIn } from '../../shared/net/testing/stand-in.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { failsWith, testClient } from './testing/client.ts'
import type { RemoteRepository } from './types.ts'

const { ociManifest, ociIndex } = mediaTypes
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: {}, layers: [] }))
const digest = digestOf(manifest)

async function repositoryOn(t: ExecutionContext, answer: Answer): Promise<RemoteRepository> {
  const { host } = await standIn(t, (request, response) =>
    request.url === '/v2/' ? response.end() : answer(request, response),
  )
  return testClient(t, { retries: { most: 1 } }).repository({ domain: host, path: 'a' })
}

const sending =
  (
    bytes: Uint8Array | string,
    headers: Record<string, string> = { 'content-type': ociManifest },
    status = 200,
  ): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(bytes)

test('a manifest comes with its type and digest, by tag and by digest', async (t) => {
  const repository = await repositoryOn(t, sending(manifest))
  for (const ref of ['latest', digest]) {
    const found = await repository.manifest(ref)
    t.deepEqual(
      [found?.mediaType, found?.digest, manifest.equals(found?.bytes ?? Buffer.alloc(0))],
      [ociManifest, digest, true],
    )
  }
})

test('what is sent as accepted are all types', async (t) => {
  const { host, asked } = await standIn(t, sending(manifest))
  await testClient(t).repository({ domain: host, path: 'a' }).manifest('x')
  for (const type of [ociManifest, ociIndex, mediaTypes.dockerManifest, mediaTypes.dockerIndex])
    t.true(asked.at(-1)?.headers.accept?.includes(type))
})

test('no manifest is no error, and neither is one that cannot be resolved', async (t) => {
  const repository = await repositoryOn(t, sending('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', {}, 404))
  t.is(await repository.manifest('latest'), undefined)
  t.is(await repository.resolve('latest'), undefined)
})

test('sha512: asked for by it, and told by the registry', async (t) => {
  const other = digestOf(manifest, 'sha512')
  const repository = await repositoryOn(
    t,
    sending(manifest, { 'content-type': ociManifest, 'docker-content-digest': other }),
  )
  t.is((await repository.manifest(other))?.digest, other)
  t.is((await repository.manifest('tag'))?.digest, other)
})

for (const [title, headers, document, expected] of [
  ['the type of the answer', { 'content-type': `${ociIndex}; charset=utf-8` }, { manifests: [] }, ociIndex],
  ['the type in the document', { 'content-type': 'application/json' }, { mediaType: ociIndex }, ociIndex],
  ['no type, an image', {}, { schemaVersion: 2, layers: [] }, ociManifest],
  ['no type, an index', { 'content-type': 'text/plain' }, { schemaVersion: 2, manifests: [] }, ociIndex],
  ['a type of the future', { 'content-type': 'application/x.y+json' }, { a: 1 }, 'application/x.y+json'],
] as const) {
  test(`type: ${title}`, async (t) => {
    const repository = await repositoryOn(t, sending(JSON.stringify(document), headers))
    t.is((await repository.manifest('x'))?.mediaType, expected)
  })
}

const elsewhere = digestOf('something else')
for (const [title, ref, answer, code] of [
  ['other bytes than asked for', elsewhere, sending(manifest), 'DIGEST_MISMATCH'],
  [
    'other bytes than told',
    'x',
    sending(manifest, { 'content-type': ociManifest, 'docker-content-digest': elsewhere }),
    'DIGEST_MISMATCH',
  ],
  ['no JSON', 'x', sending('<html>'), 'REGISTRY_ANSWER_INVALID'],
  ['nothing', 'x', sending(''), 'REGISTRY_ANSWER_INVALID'],
  ['JSON that is nested too deep', 'x', sending('['.repeat(10_000)), 'REGISTRY_ANSWER_INVALID'],
  ['two types', 'x', sending(manifest, { 'content-type': ociIndex }), 'REGISTRY_ANSWER_INVALID'],
  ['no type at all', 'x', sending('{}', { 'content-type': 'application/json' }), 'REGISTRY_ANSWER_INVALID'],
  [
    'a type that is none',
    'x',
    sending('{"mediaType":"a\\r\\nb: c"}', { 'content-type': 'text/plain' }),
    'REGISTRY_ANSWER_INVALID',
  ],
  ['more than 4 MiB', 'x', sending(Buffer.alloc(4 * 1024 * 1024 + 1, 32)), 'REGISTRY_ANSWER_INVALID'],
  ['a redirect in a circle', 'x', sending('', { location: '/v2/a/manifests/x' }, 307), 'REGISTRY_ANSWER_INVALID'],
  ['a status nobody knows', 'x', sending('', {}, 299), 'REGISTRY_ANSWER_INVALID'],
  ['not allowed', 'x', sending('{"errors":[{"code":"DENIED","message":"not yours"}]}', {}, 403), 'REGISTRY_DENIED'],
  ['too often', 'x', sending('', { 'retry-after': '0' }, 429), 'REGISTRY_FAILED'],
  [
    'JSON without end',
    'x',
    (_, response) => {
      response.writeHead(200, { 'content-type': ociManifest })
      const more = (): void => {
        if (response.destroyed) return
        if (response.write(Buffer.alloc(65_536, 32))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    },
    'REGISTRY_ANSWER_INVALID',
  ],
] as const satisfies readonly (readonly [string, string, Answer, string])[]) {
  test(`refused: ${title}`, async (t) => {
    await failsWith(t, code, (await repositoryOn(t, answer)).manifest(ref))
  })
}

test('a descriptor comes by the head alone', async (t) => {
  const { host, asked } = await standIn(
    t,
    sending('', { 'content-type': ociIndex, 'docker-content-digest': digest, 'content-length': '7' }),
  )
  const found = await testClient(t).repository({ domain: host, path: 'a' }).resolve('x')
  t.deepEqual(found, { mediaType: ociIndex, digest, size: 7 })
  t.deepEqual(
    asked.slice(1).map(({ method }) => method),
    ['HEAD'],
  )
})

for (const [title, headers] of [
  ['digest', { 'content-type': ociManifest, 'content-length': '7' }],
  ['type', { 'docker-content-digest': digest, 'content-length': '7' }],
] as const) {
  test(`a head without the ${title} is not enough: the manifest is read`, async (t) => {
    const repository = await repositoryOn(t, (request, response) =>
      request.method === 'HEAD' ? response.writeHead(200, headers).end() : sending(manifest)(request, response),
    )
    t.deepEqual(await repository.resolve('x'), { mediaType: ociManifest, digest, size: manifest.length })
  })
}

test('a head with another digest than asked for is refused', async (t) => {
  const repository = await repositoryOn(
    t,
    sending('', { 'content-type': ociManifest, 'docker-content-digest': elsewhere }),
  )
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', repository.resolve(digest))
})

test('what fails for a moment is tried again, as late as the registry asks; what is refused is not', async (t) => {
  let tries = 0
  const started = performance.now()
  const repository = await repositoryOn(t, (request, response) =>
    ++tries === 1 ? sending('', { 'retry-after': '1' }, 503)(request, response) : sending(manifest)(request, response),
  )
  t.is((await repository.manifest('x'))?.digest, digest)
  t.deepEqual([tries, performance.now() - started >= 1000], [2, true])
  tries = 0
  const refusing = await repositoryOn(t, (request, response) => {
    tries++
    return sending('', {}, 400)(request, response)
  })
  await failsWith(t, 'REGISTRY_REFUSED', refusing.manifest('x'))
  t.is(tries, 1)
})
