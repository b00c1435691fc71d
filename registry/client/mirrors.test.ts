import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { type Answer, type StandIn, standIn } from '../../shared/net/testing/stand-in.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { failsWith, taken, testClient } from './testing/client.ts'
import type { RemoteRepository } from './types.ts'

const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }))
const blob = Buffer.alloc(400_000, 7)
const descriptor = { mediaType: 'x/y', digest: digestOf(blob), size: blob.length }

const good: Answer = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (request.url?.includes('/manifests/') === true)
    return response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(manifest)
  if (request.url?.includes('/blobs/') !== true) return response.end()
  if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` })
  return response.end(blob.subarray(start))
}

interface Scene {
  readonly origin: StandIn
  readonly mirror: StandIn
  readonly repository: RemoteRepository
  readonly notices: string[]
}

async function scene(t: ExecutionContext, answer: Answer): Promise<Scene> {
  const origin = await standIn(t, good)
  const mirror = await standIn(t, answer)
  const notices: string[] = []
  const hosts = new Map([[origin.host, { mirrors: [`http://${mirror.host}`] }]])
  const client = testClient(t, {
    hosts: { hosts, insecureNetworks: [], isAllInsecure: false },
    retries: { most: 1 },
    onNotice: (text) => notices.push(text),
  })
  return { origin, mirror, notices, repository: client.repository({ domain: origin.host, path: 'a' }) }
}

const used = ({ asked }: StandIn, word: string): number => asked.filter(({ target }) => target.includes(word)).length

test('manifests and blobs come from the mirror', async (t) => {
  const { origin, repository, notices } = await scene(t, good)
  t.true(manifest.equals((await repository.manifest('x'))?.bytes ?? Buffer.alloc(0)))
  t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
  t.deepEqual([origin.asked.length, notices.length], [0, 0])
})

test('what a mirror does not have comes from the registry, and that is nothing to tell', async (t) => {
  const { origin, repository, notices } = await scene(t, (_, response) => response.writeHead(404).end())
  t.true(manifest.equals((await repository.manifest('x'))?.bytes ?? Buffer.alloc(0)))
  t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
  t.deepEqual([used(origin, '/manifests/'), used(origin, '/blobs/'), notices.length], [1, 1, 0])
})

for (const [title, answer] of [
  ['has errors of its own', (_, response) => response.writeHead(500).end()],
  ['wants a login', (_, response) => response.writeHead(401).end()],
  ['closes the connection', (request) => request.socket.destroy()],
  ['sends something else', (_, response) => response.end('<html>')],
  [
    'sends a manifest under another digest',
    (_, response) =>
      response
        .writeHead(200, { 'content-type': mediaTypes.ociIndex, 'docker-content-digest': digestOf('x') })
        .end(manifest),
  ],
] as const satisfies readonly (readonly [string, Answer])[]) {
  test(`a mirror that ${title} is passed over, told once, and not asked again`, async (t) => {
    const { mirror, repository, notices } = await scene(t, answer)
    t.true(manifest.equals((await repository.manifest('x'))?.bytes ?? Buffer.alloc(0)))
    const before = mirror.asked.length
    t.true(manifest.equals((await repository.manifest('x'))?.bytes ?? Buffer.alloc(0)))
    t.is(mirror.asked.length, before)
    t.is(notices.length, 1)
    t.regex(notices[0] ?? '', /the mirror 127\.0\.0\.1:\d+ is passed over/)
  })
}

test('a blob that breaks off at a mirror is gone on with at the registry', async (t) => {
  const { origin, repository } = await scene(t, (request, response) => {
    if (request.url?.includes('/blobs/') !== true) return response.end()
    if (request.headers.range !== undefined) return response.writeHead(500).end()
    response.writeHead(200, { 'content-length': blob.length })
    return response.write(blob.subarray(0, 100_000), () => response.destroy())
  })
  t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
  t.regex(origin.asked.find(({ target }) => target.includes('/blobs/'))?.headers.range ?? '', /^bytes=[1-9]\d*-$/)
})

test('wrong bytes of a mirror are an error, and the next try goes to the registry', async (t) => {
  const { repository, notices } = await scene(t, (request, response) =>
    request.url?.includes('/blobs/') === true ? response.end(Buffer.alloc(blob.length)) : response.end(),
  )
  const first = await taken(repository.blob(descriptor))
  t.regex(String(first.error), /sent sha256:/)
  t.true(first.bytes.length < blob.length)
  t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
  t.is(notices.length, 1)
})

test('nothing is pushed to a mirror, deleted there, or listed from there', async (t) => {
  const { mirror, origin, repository } = await scene(t, good)
  await repository.hasBlob(descriptor.digest)
  await t.throwsAsync(repository.pushStream(pieces()))
  const index = { mediaType: mediaTypes.ociIndex, digest: digestOf(manifest), bytes: manifest }
  await repository.putManifest('x', index)
  await t.throwsAsync(async () => {
    for await (const tag of repository.tags()) t.log(tag)
  })
  await repository.removeManifest('x')
  t.deepEqual([mirror.asked.length, origin.asked.length > 4], [0, true])
})

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield blob
}

test('when the registry fails too, its error is the one', async (t) => {
  const { repository } = await scene(t, (request) => request.socket.destroy())
  t.is(await repository.manifest('x').then((found) => found?.mediaType), mediaTypes.ociIndex)
  const broken = testClient(t, { retries: { most: 0 } }).repository({ domain: '127.0.0.1:1', path: 'a' })
  await failsWith(t, 'REGISTRY_UNREACHABLE', broken.manifest('x'))
})
