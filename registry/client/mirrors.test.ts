import type { IncomingMessage, ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { type ContentTries, untilGood } from '../../shared/base/content-tries.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type Answer, type StandIn, sendJson, standIn } from '../../shared/net/testing/stand-in.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { copyImage } from './images/copy-image.ts'
import { deleteImage } from './images/delete-image.ts'
import { joinIndex } from './images/join-index.ts'
import { collected, failsWith, taken, testClient } from './testing/client.ts'
import type { RegistryClient, RemoteRepository } from './types.ts'

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
  readonly client: RegistryClient
  readonly repository: RemoteRepository
  readonly notices: string[]
}

async function scene(t: ExecutionContext, answer: Answer, ofOrigin = good): Promise<Scene> {
  const origin = await standIn(t, ofOrigin)
  const mirror = await standIn(t, answer)
  const notices: string[] = []
  const hosts = new Map([[origin.host, { mirrors: [`http://${mirror.host}`] }]])
  const client = testClient(t, {
    hosts: { hosts, insecureNetworks: [], isAllInsecure: false },
    retries: { most: 1 },
    onNotice: (text) => notices.push(text),
  })
  return { origin, mirror, notices, client, repository: client.repository({ domain: origin.host, path: 'a' }) }
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

/** Mirrors whose blobs are not what they should be, with what is said of it. */
const spoilt: readonly (readonly [title: string, answer: Answer, told: RegExp])[] = [
  ['has other bytes', (_, response) => response.end(Buffer.alloc(blob.length)), /sent sha256:/],
  ['has a byte too few', (_, response) => response.end(blob.subarray(1)), /399999 bytes instead of 400000/],
  ['has a byte too many', (_, response) => response.end(Buffer.alloc(blob.length + 1, 7)), /400001 bytes instead/],
  ['never ends', (_, response) => void endless(response), /more than 400000 bytes/],
  ['is wrong at first and then breaks off', (request, response) => halfWrong(request, response), /./],
]

async function endless(response: ServerResponse): Promise<void> {
  while (!response.destroyed) await new Promise((resolve) => void response.write(Buffer.alloc(65_536), resolve))
}

function halfWrong({ headers }: IncomingMessage, response: ServerResponse): unknown {
  if (headers.range !== undefined) return response.writeHead(500).end()
  response.writeHead(200, { 'content-length': blob.length })
  return response.write(Buffer.alloc(100_000), () => response.destroy())
}

const blobsBy =
  (answer: Answer): Answer =>
  (request, response) =>
    request.url?.includes('/blobs/') === true ? answer(request, response) : response.end()

async function whole(repository: RemoteRepository, tries: ContentTries): Promise<Buffer> {
  return Buffer.concat(await collected(repository.blob(descriptor, { tries })))
}

for (const [title, answer, told] of spoilt) {
  test(`a blob that ${title} at a mirror comes from the registry when the work with it is done again`, async (t) => {
    const { origin, repository, notices } = await scene(t, blobsBy(answer))
    const bytes = await untilGood((tries) => whole(repository, tries))
    t.true(bytes.equals(blob))
    t.true(used(origin, '/blobs/') > 0)
    t.is(notices.length, 1)
    t.regex(notices[0] ?? '', /the mirror 127\.0\.0\.1:\d+ is passed over: /)
    t.regex(notices[0] ?? '', told)
  })
}

test('wrong bytes of a mirror are an error where work cannot be done again; the next goes to the registry', async (t) => {
  const { repository, notices } = await scene(
    t,
    blobsBy((_, response) => response.end(Buffer.alloc(blob.length))),
  )
  const first = await taken(repository.blob(descriptor))
  t.regex(String(first.error), /sent sha256:/)
  t.true(first.bytes.length < blob.length)
  t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
  t.is(notices.length, 1)
})

test('whoever finds content of a mirror senseless before its end gets it from the registry', async (t) => {
  const { repository, notices } = await scene(
    t,
    blobsBy((_, response) => response.end(Buffer.alloc(blob.length))),
  )
  const first = await untilGood(async (tries) => {
    for await (const piece of repository.blob(descriptor, { tries })) {
      if (piece[0] !== 7) throw new IbuildError('ARCHIVE_INVALID', 'this is no gzip')
      return piece[0]
    }
    return undefined
  })
  t.is(first, 7)
  t.regex(notices[0] ?? '', /is passed over: this is no gzip/)
})

test('a failure that is none of the content is no reason to pass a mirror over', async (t) => {
  const { mirror, repository, notices } = await scene(t, good)
  for (const code of ['DISK_FULL', 'REGISTRY_DENIED'] as const) {
    const work = untilGood(async (tries) => {
      for await (const _ of repository.blob(descriptor, { tries })) throw new IbuildError(code, 'elsewhere')
    })
    await failsWith(t, code, work)
  }
  t.deepEqual([used(mirror, '/blobs/'), notices], [2, []])
})

test('content that is right, but of no use, is not fetched twice', async (t) => {
  const { mirror, origin, repository } = await scene(t, good)
  const work = untilGood(async (tries) => {
    await taken(repository.blob(descriptor, { tries }))
    throw new IbuildError('ARCHIVE_INVALID', 'whoever pushed it is to blame')
  })
  await failsWith(t, 'ARCHIVE_INVALID', work)
  t.deepEqual([used(mirror, '/blobs/'), used(origin, '/blobs/')], [1, 0])
})

for (const status of [401, 403, 404, 500, 503]) {
  test(`a mirror that answers ${status} for a blob: it comes from the registry`, async (t) => {
    const { repository, notices } = await scene(
      t,
      blobsBy((_, response) => response.writeHead(status).end()),
    )
    t.true((await taken(repository.blob(descriptor))).bytes.equals(blob))
    t.is(notices.length, status === 404 ? 0 : 1)
  })
}

test('when mirror and registry both send something wrong, it is an error', async (t) => {
  const wrong = blobsBy((_, response) => response.end(Buffer.alloc(blob.length)))
  const { repository, origin } = await scene(t, wrong, wrong)
  const error = await failsWith(
    t,
    'DIGEST_MISMATCH',
    untilGood((tries) => whole(repository, tries)),
  )
  t.true(error.message.includes(origin.host))
  t.is(used(origin, '/blobs/'), 1)
})

test('a mirror that failed is passed over for all repositories of the client that it concerns', async (t) => {
  const { mirror, origin, client, notices } = await scene(t, (_, response) => response.writeHead(500).end())
  const read = async (path: string): Promise<number> => {
    await client.repository({ domain: origin.host, path }).manifest('x')
    return mirror.asked.length
  }
  const first = await read('a')
  t.is(await read('a'), first)
  t.true((await read('b')) > first)
  t.is(notices.length, 2)
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

/** Has nothing, and takes all. */
const empty: Answer = (request, response) => {
  const { method, url = '' } = request
  if (url === '/v2/') return response.end()
  if (url.includes('/tags/')) return sendJson(response, { tags: ['x', 'y'] })
  return response.writeHead(method === 'PUT' ? 201 : method === 'DELETE' ? 202 : 404).end()
}

test('what is about to be changed is looked up at the registry itself: a mirror may tell what was', async (t) => {
  const { mirror, origin, repository } = await scene(t, good, empty)
  const place = { repository, ref: 'x' }
  t.is(await deleteImage(place, { manifest: true, force: true }), undefined)
  await failsWith(t, 'REGISTRY_NOT_FOUND', joinIndex({ ...place, name: 'x' }, [], { add: true }))
  t.is(mirror.asked.length, 0)

  const source = new MemoryRegistry().repository({ domain: 'a', path: 'a' })
  await source.putManifest('1', { mediaType: mediaTypes.ociIndex, digest: digestOf(manifest), bytes: manifest })
  await copyImage({ repository: source, ref: '1' }, place)
  t.is(mirror.asked.length, 0)
  t.true(origin.asked.some(({ method, target }) => method === 'PUT' && target.endsWith('/manifests/x')))
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
