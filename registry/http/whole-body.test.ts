import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { serve } from './testing/served.ts'

const put = (length: number): string =>
  `PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`

test('manifests that are being pushed have a memory of their own: who comes too late is told to try again', async (t) => {
  const { ask, dial, server, service, finished } = await serve(t, { limits: { wholeBodyBytes: 1_000_000 } })
  const { blobs, bytes, mediaType } = imageOf('x', { annotations: { a: 'x'.repeat(700_000) } })
  await pushArtifact(service, named('a'), imageOf('x'))
  const push = async (): Promise<{ status: number; retry: string | undefined }> => {
    const { status, headers } = await ask('PUT', '/v2/a/manifests/x', {
      body: bytes,
      headers: { 'Content-Type': mediaType },
    })
    return { status, retry: headers['retry-after'] }
  }
  t.is(blobs.length, 2)
  t.is((await push()).status, 201)
  const accepted = once(server, 'connection')
  const waiting = await dial()
  waiting.write(put(900_000) + 'x'.repeat(800_000))
  const [socket]: Socket[] = await accepted
  const received = (): number => socket?.bytesRead ?? 0
  while (received() < 800_000) await sleep(20)
  await sleep(50)
  t.deepEqual(await push(), { status: 429, retry: '5' })
  waiting.destroy()
  while (!finished.some(({ isAborted }) => isAborted)) await sleep(20)
  t.is((await push()).status, 201, 'what was held is free again, and so is what was refused')
  t.is((await push()).status, 201)
})

test('what is only announced takes no memory', async (t) => {
  const { ask, dial, service } = await serve(t, { limits: { wholeBodyBytes: 1_000_000 } })
  for (let i = 0; i < 5; i++) (await dial()).write(put(900_000))
  await sleep(100)
  await pushArtifact(service, named('a'), imageOf('x'))
  const { bytes, mediaType } = imageOf('x', { annotations: { a: 'x'.repeat(700_000) } })
  t.is((await ask('PUT', '/v2/a/manifests/x', { body: bytes, headers: { 'Content-Type': mediaType } })).status, 201)
})

test('a manifest in pieces of any size is what it was', async (t) => {
  const { ask, service } = await serve(t)
  await pushArtifact(service, named('a'), imageOf('x'))
  const { bytes, mediaType, digest } = imageOf('x', { annotations: { a: 'x'.repeat(100_000) } })
  const pieces: Buffer[] = []
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 9973)
    pieces.push(bytes.subarray(at, at + size))
  const { headers } = await ask('PUT', '/v2/a/manifests/y', { body: pieces, headers: { 'Content-Type': mediaType } })
  t.is(headers['docker-content-digest'], digest)
  t.true((await ask('GET', '/v2/a/manifests/y')).body.equals(bytes))
})
