import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { readAll } from '../../shared/web/testing/asking.ts'
import { memoryRegistry } from '../service/testing/memory-registry.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import type { HttpLimits } from './limits.ts'
import { type Served, serve } from './testing/served.ts'

const size = 100_000_000
const digest = digestOf('any')
const path = `/v2/a/blobs/${digest}`

interface Watched {
  reads: number
  bytes: number
  open: number
  /** Sizes of the buffers that each reader was given last: all that can be held for it. */
  readonly lastTwo: number[][]
  readonly corrupt: Digest[]
}

/** A registry whose one blob has any content, read as `read` says. */
async function served(
  t: ExecutionContext,
  read: BlobReader['read'],
  limits: Partial<HttpLimits> = {},
): Promise<Served & { readonly watched: Watched }> {
  const watched: Watched = { reads: 0, bytes: 0, open: 0, lastTwo: [], corrupt: [] }
  const { service } = await memoryRegistry()
  const open = async (): Promise<BlobReader> => {
    watched.open++
    const sizes: number[] = []
    watched.lastTwo.push(sizes)
    return {
      size,
      read: async (target, position) => {
        watched.reads++
        watched.bytes += target.length
        sizes.push(target.length)
        if (sizes.length > 2) sizes.shift()
        return read(target, position)
      },
      close: async () => {
        watched.open--
      },
    }
  }
  const reportCorrupt = async (_name: string, found: Digest): Promise<void> => {
    watched.corrupt.push(found)
  }
  const blobs = { ...service.blobs, peek: () => undefined, open, reportCorrupt }
  return { ...(await serve(t, { service: { ...service, blobs }, limits })), watched }
}

const whole: BlobReader['read'] = async (target, position) => Math.min(target.length, size - position)

async function begin({ dial }: Served, headers = ''): Promise<Socket> {
  const socket = await dial()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  return socket
}

test('a client that takes nothing stops the reading, and when it goes the reader is closed', async (t) => {
  const all = await served(t, whole)
  const { watched, finished } = all
  const socket = await begin(all)
  await once(socket.pause(), 'readable')
  await sleep(200)
  const { bytes } = watched
  await sleep(200)
  t.is(watched.bytes, bytes)
  t.true(bytes < 20_000_000, `${bytes} bytes were read: those in the kernel, and two buffers`)
  t.is(watched.open, 1)
  socket.destroy()
  while (watched.open > 0) await sleep(5)
  while (finished.length === 0) await sleep(5)
  t.like(finished[0], { status: 200, isAborted: true, codes: [] })
  t.true((finished[0]?.sentBytes ?? 0) <= bytes)
})

test('a client that takes nothing for long is cut', async (t) => {
  const all = await served(t, whole, { stalledReadTime: 150 })
  const socket = await begin(all)
  await once(socket.pause(), 'readable')
  while (all.watched.open > 0) await sleep(5)
  t.true((await readAll(socket)).length < size)
  t.like(all.finished[0], { isAborted: true })
})

test('a client that takes little at a time gets all', async (t) => {
  const all = await served(t, whole)
  const socket = await begin(all, 'Range: bytes=0-7999999\r\nConnection: close\r\n')
  socket.on('data', () => {
    socket.pause()
    setTimeout(() => socket.resume(), 2)
  })
  await once(socket, 'end')
  while (all.finished.length === 0) await sleep(5)
  t.like(all.finished[0], { isAborted: false, sentBytes: 8_000_000 })
  t.is(all.watched.open, 0)
})

for (const [title, failing] of [
  ['fails', () => Promise.reject(new Error('EIO'))],
  ['ends early', async () => 10],
] as const) {
  test(`a blob that ${title} at once is answered with an error`, async (t) => {
    const all = await served(t, failing)
    const answer = await all.ask('GET', path)
    t.deepEqual([answer.status, answer.codes], [500, ['UNKNOWN']])
    t.is(answer.headers['docker-content-digest'], undefined)
    t.is(all.watched.open, 0)
    t.deepEqual(all.watched.corrupt, [digest])
    t.is((await all.ask('GET', '/v2/')).status, 200)
  })

  test(`a blob that ${title} later breaks the connection: a short answer never looks whole`, async (t) => {
    const all = await served(t, (target, position) => (position < 5_000_000 ? whole(target, position) : failing()))
    const text = await readAll(await begin(all))
    t.regex(text, /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 100000000\r\n/)
    t.true(text.length < 20_000_000)
    while (all.watched.open > 0 || all.finished.length === 0) await sleep(5)
    t.like(all.finished[0], { status: 200, isAborted: true, codes: ['UNKNOWN'] })
    t.truthy(all.finished[0]?.cause)
    t.deepEqual(all.watched.corrupt, [digest])
  })
}

test('what is sent is what was read, though buffers are used again and again', async (t) => {
  const all = await served(
    t,
    async (target, position) => {
      const count = Math.min(target.length, size - position)
      for (let i = 0; i < count; i += 4096) target[i] = ((position + i) / 4096) % 251
      return count
    },
    { sendBufferBytes: 0 },
  )
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const { body } = await all.ask('GET', path, { headers: { Range: 'bytes=0-9999999' } })
      let wrong = body.length === 10_000_000 ? 0 : 1
      for (let i = 0; i < body.length; i += 4096) if (body[i] !== (i / 4096) % 251) wrong++
      t.is(wrong, 0)
    }),
  )
})

test('many clients that take nothing hold little memory', async (t) => {
  const budget = 8 * 1024 * 1024
  const all = await served(t, whole, { sendBufferBytes: budget })
  for (let i = 0; i < 100; i++) {
    const socket = await begin(all)
    await once(socket.pause(), 'readable')
  }
  await sleep(300)
  t.is(all.watched.open, 100)
  const held = all.watched.lastTwo.flat().reduce((sum, length) => sum + length, 0)
  t.true(held < budget + 100 * 2 * 64 * 1024, `${held} bytes`)
})
