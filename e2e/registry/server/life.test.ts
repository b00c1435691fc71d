import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../testing/temporary.ts'
import { beginUpload, digestOf, holdUpload, pushBlob, pushImage, statusOf, untilBusy } from './client.ts'
import { startServing } from './serving.ts'

const anyPort = ['--listen', '127.0.0.1:0']

test('it starts without any configuration, says one line on stdout, and ends with 0 when asked', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const serving = await startServing(t, ['--root', root, ...anyPort])
  t.regex(serving.stdout(), /^ibuild serves a registry at http:\/\/127\.0\.0\.1:\d+\n$/)
  const digest = await pushImage(serving.url, 'team/app', '1')
  t.is(await statusOf(`${serving.url}/v2/team/app/manifests/${digest}`), 200)
  t.is(await serving.stop(), 0)
  t.regex(serving.stdout(), /^[^\n]*\n$/)
  t.false(existsSync(join(root, 'registry/admin.sock')))
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets an upload that runs come to its end, takes no other, and refuses new connections`, async (t) => {
    const root = temporaryFolder(t)
    const serving = await startServing(t, ['--root', root, ...anyPort])
    const bytes = randomBytes(300_000)
    const location = await beginUpload(serving.url)
    const upload = request(`${location}?digest=${digestOf(bytes)}`, {
      method: 'PUT',
      headers: { 'content-length': bytes.length },
    })
    const answered = once(upload, 'response')
    upload.write(bytes.subarray(0, 100_000))
    await untilBusy(root)
    serving.kill(signal)
    await serving.logged(/stopping/)
    await t.throwsAsync(fetch(`${serving.url}/v2/`), undefined, 'nobody listens any more')
    upload.end(bytes.subarray(100_000))
    const [answer] = (await answered) as [{ statusCode: number; headers: Record<string, string> }]
    t.is(answer.statusCode, 201)
    t.is(answer.headers['connection'], 'close')
    t.is(await serving.ended, 0)
    const again = await startServing(t, ['--root', root, ...anyPort])
    t.is(await statusOf(`${again.url}/v2/a/b/blobs/${digestOf(bytes)}`), 200)
  })
}

test('answers to requests that were there end their connections', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const bytes = randomBytes(1000)
  const location = await beginUpload(serving.url)
  const slow = request(location, { method: 'PATCH' })
  slow.write(bytes)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const first = request(await beginUpload(serving.url), { method: 'PATCH', agent })
  first.write('x')
  await untilBusy(root, 2)
  serving.kill('SIGTERM')
  await serving.logged(/stopping/)
  first.end()
  const [answer] = (await once(first, 'response')) as [
    { statusCode: number; headers: Record<string, string>; resume(): void },
  ]
  answer.resume()
  t.is(answer.statusCode, 202)
  t.is(answer.headers['connection'], 'close')
  slow.end()
  const [last] = (await once(slow, 'response')) as [{ statusCode: number; resume(): void }]
  last.resume()
  t.is(last.statusCode, 202)
  t.is(await serving.ended, 0)
})

test('requests that do not end are cut off after the configured time', async (t) => {
  const env = { IBUILD_REGISTRY_SHUTDOWN_DRAIN: '500ms' }
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort], { env })
  await holdUpload(serving.url, root)
  const start = performance.now()
  t.is(await serving.stop(), 0)
  const time = performance.now() - start
  t.true(time > 450 && time < 20_000, `${time} ms`)
  t.regex(serving.stderr(), /cut off/)
})

test('a second signal ends it at once', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  await holdUpload(serving.url, root)
  serving.kill('SIGTERM')
  await serving.logged(/stopping/)
  t.is(await serving.stop('SIGTERM'), 143)
})

test('after kill -9 all that was acknowledged is there, an upload goes on, and the left socket is no hindrance', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const digest = await pushImage(serving.url, 'team/app', '1')
  const bytes = randomBytes(200_000)
  const location = new URL(await beginUpload(serving.url))
  const half = await fetch(location, { method: 'PATCH', body: bytes.subarray(0, 120_000) })
  t.is(half.status, 202)
  t.is(await serving.stop('SIGKILL'), 'SIGKILL')
  t.true(existsSync(join(root, 'registry/admin.sock')), 'the socket was left')
  const again = await startServing(t, ['--root', root, ...anyPort])
  t.is(await statusOf(`${again.url}/v2/team/app/manifests/1`), 200)
  t.is(await statusOf(`${again.url}/v2/team/app/manifests/${digest}`), 200)
  const there = new URL(location.pathname, again.url).href
  const state = await fetch(there)
  t.is(state.headers.get('range'), '0-119999')
  const rest = await fetch(`${there}?digest=${digestOf(bytes)}`, { method: 'PUT', body: bytes.subarray(120_000) })
  t.is(rest.status, 201)
  const got = await fetch(`${again.url}/v2/a/b/blobs/${digestOf(bytes)}`)
  t.deepEqual(Buffer.from(await got.arrayBuffer()), bytes)
  t.deepEqual(
    readdirSync(join(root, 'registry')).filter((name) => name.startsWith('.admin')),
    [],
  )
})

test('a second server on the same data folder says who has it, and leaves the first alone', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const error = await t.throwsAsync(startServing(t, ['--root', root, ...anyPort]))
  t.regex(error?.message ?? '', /ended with 1\n/)
  t.true(
    error?.message.includes(`a server works on this data folder already: ${serving.url}, process ${serving.pid}`),
    error?.message,
  )
  t.regex(error?.message ?? '', /\[SERVER_BUSY\]/)
  t.is(await pushBlob(serving.url, randomBytes(10)), 201)
  t.is(await serving.stop(), 0)
})

test('an address that is taken, or is not of this machine, is told', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort])
  const host = new URL(serving.url).host
  const taken = await t.throwsAsync(startServing(t, ['--root', temporaryFolder(t), '--listen', host]))
  t.regex(taken?.message ?? '', /cannot listen on .*: another program listens there \[LISTEN_FAILED\]/)
  const env = { IBUILD_REGISTRY_INSECURE_PLAIN_HTTP: 'true', IBUILD_REGISTRY_INSECURE_ANONYMOUS_PUSH: 'true' }
  const foreign = await t.throwsAsync(
    startServing(t, ['--root', temporaryFolder(t), '--listen', '192.0.2.1:0'], { env }),
  )
  t.regex(foreign?.message ?? '', /this machine does not have that address \[LISTEN_FAILED\]/)
})

test('threads for the disk are there for many clients, and the folder is closed to others', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const serving = await startServing(t, ['--root', root, ...anyPort], { env: { UV_THREADPOOL_SIZE: undefined } })
  await pushBlob(serving.url, randomBytes(10))
  t.true(readdirSync(`/proc/${serving.pid}/task`).length >= 16 + 5)
  for (const name of ['', 'registry']) t.is(statSync(join(root, name)).mode & 0o777, 0o700, name)
  t.is(statSync(join(root, 'registry/admin.sock')).mode & 0o777, 0o600)
})

test('ibuild registry serve serves too', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort], { command: ['registry', 'serve'] })
  t.is(await statusOf(`${serving.url}/v2/`), 200)
})
