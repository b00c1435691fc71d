import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { failsWith } from './testing/client.ts'
import { content, descriptor, methods, open, repositoryOn } from './testing/upload-scene.ts'
import type { Fault } from './testing/upload-server.ts'

test('content of unknown length is sent as it comes, and named by what it was', async (t) => {
  const { server, repository } = await repositoryOn(t)
  const told: number[] = []
  const sent = await repository.pushStream(open(), { onProgress: (bytes) => told.push(bytes) })
  t.deepEqual(sent, { digest: descriptor.digest, size: descriptor.size })
  t.true(server.blobs.get(sent.digest)?.equals(content))
  t.deepEqual([methods(server), told.at(-1)], [['POST', 'PATCH', 'PUT'], content.length])
})

test('content of unknown length that is nothing', async (t) => {
  const { repository } = await repositoryOn(t)
  t.deepEqual(await repository.pushStream(open(Buffer.alloc(0))), { digest: digestOf(''), size: 0 })
})

test('short content of unknown length is sent in one request, and again when that fails', async (t) => {
  const short = content.subarray(0, 100_000)
  const faults: Record<string, Fault> = { 'PUT 1': (request) => request.socket.destroy() }
  const { server, repository } = await repositoryOn(t, { faults })
  const told: number[] = []
  const sent = await repository.pushStream(open(short), { onProgress: (bytes) => told.push(bytes) })
  t.deepEqual(sent, { digest: digestOf(short), size: short.length })
  t.true(server.blobs.get(sent.digest)?.equals(short))
  const sends = methods(server).filter((method) => method === 'PUT' || method === 'PATCH')
  t.deepEqual(sends, ['PUT', 'PUT'])
  t.is(told.at(-1), short.length)
})

test('content that breaks at its beginning asks nothing of the registry', async (t) => {
  const { server, repository } = await repositoryOn(t)
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(10)
    throw new Error('no more')
  }
  await t.throwsAsync(repository.pushStream(source()), { message: 'no more' })
  t.deepEqual(methods(server), [])
})

test('a source is ended when no upload can begin', async (t) => {
  const faults: Record<string, Fault> = { 'POST 1': (_, response) => response.writeHead(403).end() }
  const { repository } = await repositoryOn(t, { faults })
  let isEnded = false
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(65_536)
    } finally {
      isEnded = true
    }
  }
  await failsWith(t, 'REGISTRY_DENIED', repository.pushStream(source()))
  t.true(isEnded)
})

test('a stream that breaks is an error, its session cancelled and the source ended', async (t) => {
  const { server, repository } = await repositoryOn(t, {
    faults: { 'PATCH 1': (request, _, server) => server.takeAndCut(request, 1000) },
  })
  let isEnded = false
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(65_536)
    } finally {
      isEnded = true
    }
  }
  await failsWith(t, 'REGISTRY_FAILED', repository.pushStream(source()))
  t.deepEqual([isEnded, server.sessions.size], [true, 0])
})

test('a stream that the registry takes for whole before its end is an error', async (t) => {
  const faults: Record<string, Fault> = {
    'PATCH 1': (_, response) => response.writeHead(202, { location: '/v2/a/blobs/uploads/x' }).end(),
    'PUT 1': (_, response) => response.writeHead(201).end(),
  }
  const { server, repository } = await repositoryOn(t, { faults })
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 1000; i++) yield Buffer.alloc(65_536)
  }
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', repository.pushStream(source()))
  t.false(methods(server).includes('PUT'))
})

const idIn = (url = ''): string => new URL(url, 'http://x').pathname.split('/').at(-1) ?? ''

test('a stream whose last answer is lost is there', async (t) => {
  const lost: Fault = (request, _, server) => {
    server.blobs.set(descriptor.digest, server.sessions.get(idIn(request.url)) ?? Buffer.alloc(0))
    server.sessions.delete(idIn(request.url))
    request.socket.destroy()
  }
  const { server, repository } = await repositoryOn(t, { faults: { 'PUT 1': lost } })
  t.is((await repository.pushStream(open())).digest, descriptor.digest)
  t.deepEqual(methods(server), ['POST', 'PATCH', 'PUT', 'PUT', 'HEAD'])
})

test('a stream of which the registry knows nothing at its end is an error', async (t) => {
  const forgotten: Fault = (request, response, server) => {
    server.sessions.delete(idIn(request.url))
    return server.serve(request, response)
  }
  const { repository } = await repositoryOn(t, { faults: { 'PUT 1': forgotten } })
  await failsWith(t, 'REGISTRY_NOT_FOUND', repository.pushStream(open()))
})
