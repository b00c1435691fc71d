import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { temporaryFolder } from '../../testing/temporary.ts'
import { makeWorkspace } from '../../testing/workspace.ts'
import { adminCall, beginUpload, digestOf, holdUpload, pushBlob, pushImage, statusOf } from './client.ts'
import { startServing } from './serving.ts'

const anyPort = ['--listen', '127.0.0.1:0']

test('the log has no secrets, and what a push asks in vain is no error', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort, '--log-level', 'debug'])
  const headers = { authorization: `Basic ${Buffer.from('me:hunter2').toString('base64')}`, cookie: 'session=cookie1' }
  const missing = digestOf(Buffer.from('none'))
  const head = await fetch(`${serving.url}/v2/a/b/blobs/${missing}?token=querysecret`, { method: 'HEAD', headers })
  t.is(head.status, 404)
  const location = await beginUpload(serving.url)
  const session = location.split('/').at(-1) ?? ''
  await fetch(location, { method: 'PATCH', body: 'x', headers })
  await fetch(`${location}?digest=${digestOf(Buffer.from('y'))}&state=querystate`, { method: 'PUT', headers })
  await fetch(`${serving.url}/v2/_catalog`, { headers })
  await serving.stop()
  const log = serving.stderr()
  for (const secret of ['hunter2', headers.authorization.slice(6), 'cookie1', 'querysecret', 'querystate', session])
    t.false(log.includes(secret), secret)
  const requests = serving.lines().filter(({ msg }) => msg === 'request')
  t.deepEqual(
    requests.map(({ method, route, status, level }) => [method, route, status, level]),
    [
      ['HEAD', 'blob', 404, 'debug'],
      ['POST', 'uploads', 202, 'info'],
      ['PATCH', 'upload', 202, 'info'],
      ['PUT', 'upload', 400, 'info'],
      ['GET', 'catalog', 200, 'debug'],
    ],
  )
  t.is(requests[0]?.['id'], head.headers.get('x-request-id'))
  t.is(new Set(requests.map(({ id }) => id)).size, requests.length)
})

test('a name from a client cannot write lines of its own, in either format', async (t) => {
  for (const format of ['json', 'text']) {
    const serving = await startServing(t, [
      '--root',
      temporaryFolder(t),
      ...anyPort,
      '--log-level',
      'debug',
      '--log-format',
      format,
    ])
    const before = serving.stderr().split('\n').length
    const socket = connect(Number(new URL(serving.url).port), '127.0.0.1')
    const head =
      'GET /v2/a%0ab/manifests/x%0d%0ay%1b[31m HTTP/1.1\r\nHost: x\r\nUser-Agent: a\u009bb\u0085c\r\nConnection: close\r\n\r\n'
    socket.end(Buffer.from(head, 'latin1'))
    t.regex(await text(socket), /^HTTP\/1\.1 4/)
    await statusOf(`${serving.url}/v2/nothing/tags/list`)
    await serving.stop()
    t.regex(serving.stderr(), /a\\u009bb\\u0085c/, format)
    t.notRegex(serving.stderr(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, format)
    t.true(serving.stderr().split('\n').length <= before + 5, format)
  }
})

test('text for people: one line for each event', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort, '--log-format', 'text'])
  await pushBlob(serving.url, Buffer.from('x'))
  await serving.stop()
  t.regex(serving.stderr(), /^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}serving url=http:\S+ root=\S+ pid=\d+\n/)
  t.regex(
    serving.stderr(),
    /^\S+ info {2}request id=\S+ client=127\.0\.0\.1 method=PUT route=upload repository=a\/b status=201 /m,
  )
})

test('metrics count by kinds, without names, and only for direct callers of this machine', async (t) => {
  const serving = await startServing(t, ['--root', temporaryFolder(t), ...anyPort])
  await pushImage(serving.url, 'hidden/project', 'secret-tag')
  await beginUpload(serving.url, 'hidden/other')
  t.is(await statusOf(`${serving.url}/v2/hidden/project/manifests/nothing`), 404)
  const answer = await fetch(`${serving.url}/metrics`)
  const metrics = await answer.text()
  t.is(answer.status, 200)
  t.regex(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  t.notRegex(metrics, /hidden|project|secret|sha256/)
  t.regex(metrics, /^ibuild_registry_requests_total\{route="manifest",method="PUT",status="201"\} 1$/m)
  t.regex(metrics, /^ibuild_registry_requests_total\{route="manifest",method="GET",status="404"\} 1$/m)
  t.regex(metrics, /^ibuild_registry_request_duration_seconds_count\{route="upload",method="PUT"\} 2$/m)
  t.regex(metrics, /^ibuild_registry_uploads_open 1$/m)
  t.regex(metrics, /^ibuild_registry_commit_changes_count [1-9]/m)
  t.regex(metrics, /^ibuild_registry_read_only 0$/m)
  t.regex(metrics, /^ibuild_registry_can_push 1$/m)
  t.regex(metrics, /^ibuild_registry_received_bytes_total 2\d\d\d$/m)
  t.regex(metrics, /^ibuild_registry_disk_free_bytes [1-9]/m)
  t.regex(metrics, /^nodejs_eventloop_lag_p99_seconds /m)
  for (const name of ['x-forwarded-for', 'forwarded', 'via'])
    t.is((await fetch(`${serving.url}/metrics`, { headers: { [name]: '127.0.0.1' } })).status, 404, name)
})

test('an address for operators has metrics and health, and no registry', async (t) => {
  const args = ['--root', temporaryFolder(t), ...anyPort, '--metrics-listen', '127.0.0.1:0']
  const serving = await startServing(t, args)
  const url = String(serving.lines().find(({ msg }) => msg === 'serving')?.['metrics'])
  t.not(url, serving.url)
  const statuses = await Promise.all(
    ['/metrics', '/healthz', '/readyz', '/v2/', '/v2/_catalog', '/v2/a/tags/list'].map((path) => statusOf(url + path)),
  )
  t.deepEqual(statuses, [200, 200, 200, 404, 404, 404])
  t.is((await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status, 200)
})

test('while it waits for requests it is alive and not ready', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort, '--metrics-listen', '127.0.0.1:0'])
  const url = String(serving.lines().find(({ msg }) => msg === 'serving')?.['metrics'])
  const upload = await holdUpload(serving.url, root)
  serving.kill('SIGTERM')
  await serving.logged(/stopping/)
  t.is(await statusOf(`${url}/healthz`), 200)
  const ready = await fetch(`${url}/readyz`)
  t.is(ready.status, 503)
  t.is(await ready.text(), 'the server is shutting down\n')
  const { value } = await adminCall(root, '/v1/status')
  t.like(value, { server: { isDraining: true, requestsInProgress: 1 } })
  upload.end()
  t.is(await serving.ended, 0)
})

test('what can be pulled from is ready, and says why nothing can be pushed', async (t) => {
  const root = temporaryFolder(t)
  const told = async (url: string): Promise<unknown> =>
    Promise.all(
      ['/readyz', '/readyz/push'].map(async (path) => {
        const answer = await fetch(url + path)
        return [answer.status, await answer.text()]
      }),
    )
  const usual = await startServing(t, ['--root', root, ...anyPort])
  t.deepEqual(await told(usual.url), [
    [200, 'ready\n'],
    [200, 'ready\n'],
  ])
  await usual.stop()
  const rows = [
    [['--read-only'], {}, 'the registry is read-only for now: nothing can be pushed or deleted'],
    [
      [],
      { IBUILD_REGISTRY_STORAGE_RESERVE: '4000t' },
      'the disk of the registry is full: try again later, or delete images',
    ],
  ] as const
  for (const [args, env, why] of rows) {
    const serving = await startServing(t, ['--root', root, ...anyPort, ...args], { env })
    t.deepEqual(await told(serving.url), [
      [200, `ready\nnot for pushes: ${why}\n`],
      [503, `${why}\n`],
    ])
    t.regex(await (await fetch(`${serving.url}/metrics`)).text(), /^ibuild_registry_can_push 0$/m)
    await serving.stop()
  }
})

test('read-only is switched while a server runs, and without one, and kept', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const readOnly = async (word: string): Promise<string> => (await workspace.ok(['registry', 'read-only', word])).stdout
  const none = await workspace.ibuild(['registry', 'read-only', 'status'])
  t.is(none.code, 1)
  t.regex(none.stderr, /there is no registry in .*\nhint: ibuild serve makes one/)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const digest = await pushImage(serving.url, 'a/b', '1')
  t.is(await readOnly('status'), 'read-only: off\n')
  t.is(await readOnly('on'), 'read-only: on\n')
  t.is(await statusOf(`${serving.url}/v2/a/b/blobs/uploads/`, 'POST'), 405)
  t.is(await statusOf(`${serving.url}/v2/a/b/manifests/1`, 'DELETE'), 405)
  t.is(await statusOf(`${serving.url}/v2/a/b/manifests/${digest}`), 200)
  await serving.stop()
  t.is(await readOnly('status'), 'read-only: on\n')
  const again = await startServing(t, ['--root', root, ...anyPort])
  t.is(await statusOf(`${again.url}/v2/a/b/blobs/uploads/`, 'POST'), 405)
  await again.stop()
  t.is(await readOnly('off'), 'read-only: off\n')
  const last = await startServing(t, ['--root', root, ...anyPort])
  t.is(await pushBlob(last.url, randomBytes(3)), 201)
  t.is(
    (await workspace.ok(['registry', 'read-only', 'on', '--json'])).stdout,
    '{\n  "isReadOnly": true,\n  "isConfigured": false,\n  "writesRunning": 0\n}\n',
  )
  t.is((await workspace.ibuild(['registry', 'read-only', 'maybe'])).code, 2)
})

test('what the configuration makes read-only no command makes writable', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const serving = await startServing(t, ['--root', root, ...anyPort, '--read-only'])
  t.is(await statusOf(`${serving.url}/v2/a/b/blobs/uploads/`, 'POST'), 405)
  const { code, stderr } = await workspace.ibuild(['registry', 'read-only', 'off'])
  t.is(code, 1)
  t.regex(stderr, /the configuration of the server says readOnly: true \[SERVER_FAILED\]/)
  t.is(
    (await workspace.ok(['registry', 'read-only', 'status'])).stdout,
    'read-only: on, by the configuration of the server\n',
  )
  await serving.stop()
  t.is((await workspace.ok(['registry', 'read-only', 'status'])).stdout, 'read-only: off\n')
})

test('uploads are listed and ended, the server is shown', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const location = await beginUpload(serving.url, 'team/app')
  await fetch(location, { method: 'PATCH', body: Buffer.alloc(12_345) })
  const id = location.split('/').at(-1) ?? ''
  t.regex(
    (await workspace.ok(['registry', 'uploads'])).stdout,
    new RegExp(`^ID +REPOSITORY +SIZE .*\\n${id} +team/app +12\\.3kB `),
  )
  const [upload] = JSON.parse((await workspace.ok(['registry', 'uploads', '--json'])).stdout) as object[]
  t.like(upload, { id, repository: 'team/app', bytes: 12_345, isBusy: false })
  const status = (await workspace.ok(['registry', 'status'])).stdout
  t.regex(status, new RegExp(`^server: +${serving.url}, process ${serving.pid}\\n`))
  t.regex(status, /^uploads: +1 open$/m)
  t.is((await workspace.ok(['registry', 'uploads', '--cancel', id])).stdout, '')
  t.is(await statusOf(location), 404)
  t.regex(
    (await workspace.ibuild(['registry', 'uploads', '--cancel', id])).stderr,
    /no upload .* is open \[OBJECT_NOT_FOUND\]/,
  )
  await serving.stop()
  t.regex((await workspace.ok(['registry', 'status'])).stdout, /^server: +none runs\n/)
  t.regex((await workspace.ibuild(['registry', 'reload'])).stderr, /no server runs that could reload/)
})

test('no registry is one thing, one that cannot be looked at another', async (t) => {
  const workspace = await makeWorkspace(t)
  const folder = temporaryFolder(t)
  const loop = join(folder, 'loop')
  symlinkSync(loop, loop)
  const none = await workspace.ibuild(['registry', 'status', '--root', join(folder, 'none')])
  t.regex(none.stderr, /there is no registry in .* \[STORE_INVALID\]/)
  const closed = await workspace.ibuild(['registry', 'status', '--root', loop])
  t.deepEqual([none.code, closed.code], [1, 1])
  t.regex(closed.stderr, /^ibuild: ELOOP: /)
})

test('the admin API refuses what it does not know, and bodies that are too large', async (t) => {
  const root = temporaryFolder(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v2/status'],
    ['DELETE', '/v1/status'],
    ['GET', '/v1/uploads/../status'],
  ] as const) {
    const { status, value } = await adminCall(root, path, { method })
    t.is(status, 400, path)
    t.like(value, { error: { code: 'SERVER_FAILED' } })
  }
  t.is((await adminCall(root, '/v1/read-only', { method: 'PUT', body: `"${'x'.repeat(100_000)}"` })).status, 400)
  t.is((await adminCall(root, '/v1/read-only', { method: 'PUT', body: '"on"' })).status, 400)
  t.is((await adminCall(root, '/v1/read-only', { method: 'PUT', body: '{' })).status, 400)
  t.like((await adminCall(root, '/v1/read-only')).value, { isReadOnly: false })
  t.is(await pushBlob(serving.url, Buffer.from('x')), 201)
})

test('a data folder with a very long path works, its socket too', async (t) => {
  const root = join(temporaryFolder(t), 'a'.repeat(120), 'b'.repeat(120))
  mkdirSync(root, { recursive: true })
  const workspace = await makeWorkspace(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  t.is((await workspace.ok(['registry', 'read-only', 'on', '--root', root])).stdout, 'read-only: on\n')
  t.is(await serving.stop(), 0)
  t.is((await workspace.ok(['registry', '--root', root, 'read-only', 'status'])).stdout, 'read-only: on\n')
})

test('a build and a server use one data folder', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const serving = await startServing(t, ['--root', root, ...anyPort])
  await pushBlob(serving.url, randomBytes(10))
  workspace.write('context', { Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a' })
  await workspace.ok(['-t', 'x:1', 'context'])
  await workspace.ok(['prune', '--all'])
  t.is(await serving.stop(), 0)
  const blobs = readFileSync(join(root, 'ibuild-store.json'), 'utf8')
  t.regex(blobs, /"format"/)
  const again = await startServing(t, ['--root', root, ...anyPort])
  t.is(await statusOf(`${again.url}/v2/`), 200)
})
