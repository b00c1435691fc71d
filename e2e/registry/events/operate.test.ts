import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { startReceiver, waitUntil } from '../../../registry/events/testing/receiver.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { makeWorkspace } from '../../testing/workspace.ts'
import { digestOf, pushImage, statusOf } from '../server/client.ts'
import { startServing } from '../server/serving.ts'

const anyPort = ['--listen', '127.0.0.1:0']

interface Status {
  readonly last: number
  readonly endpoints: readonly { readonly name: string; readonly backlog: number; readonly deadLetters: number }[]
}

test('commands show and replay events, with a server and without', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const receiver = await startReceiver(t)
  const config = join(temporaryFolder(t), 'config.yml')
  const endpoint = { name: 'ci', url: `${receiver.url}?token=in-the-query`, backoff: '10ms', threshold: 1 }
  writeFileSync(config, JSON.stringify({ events: { endpoints: [endpoint] } }))
  const serving = await startServing(t, ['--root', root, ...anyPort, '--config', config])
  const events = async (...args: string[]): Promise<string> =>
    (await workspace.ibuild(['registry', 'events', ...args])).stdout
  const status = async (): Promise<Status> => JSON.parse(await events('status', '--json')) as Status
  await pushImage(serving.url, 'team/app', 'one')
  await receiver.until(() => receiver.taken.length === 3)
  const isDone = async (): Promise<boolean> => (await status()).endpoints[0]?.backlog === 0
  await waitUntil(isDone, () => 'a backlog')
  const shown = await events('status')
  t.regex(shown, /last event: 3, kept from 1 on/)
  t.regex(shown, /ci +3 +0 +3 +0 +0 +http:\/\/127\.0\.0\.1:\d+\/hook +ok/)
  t.false(shown.includes('in-the-query'))
  t.regex(await events('list', '--from', '3'), /^NUMBER[^\n]*\n3 +\S+ +push +team\/app +one\n$/)
  t.is(JSON.parse(await events('list', '--json', '--limit', '2')).length, 2)
  t.is(await events('replay', '--endpoint', 'ci', '--from', '2'), 'ci: 2 to be told again\n')
  await receiver.until(() => receiver.taken.length === 5)
  receiver.answer = () => 400
  t.is(await statusOf(`${serving.url}/v2/team/app/manifests/one`, 'DELETE'), 202)
  await waitUntil(
    async () => (await status()).endpoints[0]?.deadLetters === 1,
    () => 'no dead letter',
  )
  const metrics = await (await fetch(`${serving.url}/metrics`)).text()
  t.regex(metrics, /ibuild_registry_events_dead_letters\{endpoint="ci"\} 1\n/)
  await serving.stop()
  t.is((await status()).endpoints[0]?.deadLetters, 1)
  t.regex(await events('list', '--from', 'dead', '--endpoint', 'ci'), /delete +team\/app +one +\S+ it answers 400\n$/)
  t.is(await events('replay', '--endpoint', 'ci', '--from', 'dead'), 'ci: 1 to be told again\n')
  receiver.answer = () => 200
  await startServing(t, ['--root', root, ...anyPort, '--config', config])
  await receiver.until(() => receiver.taken.length === 6)
  t.is(receiver.taken.at(-1)?.action, 'delete')
  t.false(serving.stderr().includes('in-the-query'))
})

test('what is wrong on the command line is told', async (t) => {
  const workspace = await makeWorkspace(t)
  for (const [args, problem] of [
    [['show'], /"show" is none of status, list and replay/],
    [['replay', '--from', '1'], /--endpoint says of whom/],
    [['replay', '--endpoint', 'a'], /--from says from where/],
    [['replay', '--endpoint', 'a', '--from', '-1'], /--from is a number from 1 on, not "-1"/],
    [['replay', '--endpoint', 'a', '--from', '1', '--limit', '2'], /has no --limit/],
    [['list', '--from', 'dead'], /--endpoint says of whom/],
    [['list', '--endpoint', 'a'], /--endpoint goes with --from dead only/],
    [['list', '--limit', 'x'], /--limit is a number from 1 on/],
    [['status', '--from', '1'], /has no --from/],
  ] as const) {
    const { stderr, code } = await workspace.ibuild(['registry', 'events', ...args])
    t.is(code, 2)
    t.regex(stderr, problem)
  }
})

test('a reload brings endpoints and takes them away; secrets are read again and never told', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const receiver = await startReceiver(t)
  const folder = temporaryFolder(t)
  const config = join(folder, 'config.yml')
  const configure = (endpoints: readonly object[]): void =>
    writeFileSync(config, JSON.stringify({ events: { endpoints, retain: 0 } }))
  const endpoint = {
    name: 'ci',
    url: receiver.url,
    secretFile: 'hook.secret',
    headers: { Authorization: 'Bearer a-very-secret-token' },
  }
  configure([])
  const serving = await startServing(t, ['--root', root, ...anyPort, '--config', config, '--log-level', 'debug'])
  await pushImage(serving.url, 'team/app', 'before')
  configure([endpoint])
  const failed = await workspace.ibuild(['registry', 'reload'])
  t.is(failed.code, 2)
  t.regex(failed.stderr, /events\.endpoints: ci: secretFile: \S+hook\.secret cannot be read \(ENOENT\)/)
  t.is((await workspace.ibuild(['serve', '--config', config, '--check-config'])).code, 2)
  writeFileSync(join(folder, 'hook.secret'), 'a secret that nobody may see\n')
  const checked = await workspace.ibuild(['serve', '--config', config, '--check-config'])
  t.regex((await workspace.ibuild(['registry', 'reload'])).stdout, /events\.endpoints: in force/)
  await pushImage(serving.url, 'team/app', 'after')
  await receiver.until(() => receiver.taken.length === 3)
  t.is(receiver.taken.at(-1)?.target['tag'], 'after')
  t.regex(String(receiver.envelopes[0]?.headers['x-ibuild-signature']), /^t=\d+,v1=[\da-f]{64}$/)
  t.is(receiver.envelopes[0]?.headers.authorization, 'Bearer a-very-secret-token')
  configure([])
  await workspace.ibuild(['registry', 'reload'])
  const isEmpty = async (): Promise<boolean> => {
    const { endpoints, oldest } = JSON.parse(
      (await workspace.ibuild(['registry', 'events', 'status', '--json'])).stdout,
    ) as {
      readonly endpoints: readonly unknown[]
      readonly oldest: number | null
    }
    return endpoints.length === 0 && oldest === null
  }
  await waitUntil(isEmpty, () => 'something is kept')
  t.is(await serving.stop(), 0)
  for (const text of [serving.stderr(), checked.stdout, failed.stderr]) {
    for (const secret of ['a-very-secret-token', 'nobody may see']) t.false(text.includes(secret))
  }
})

test('pulls are told a little later, parts of the same once, and HEAD is none', async (t) => {
  const receiver = await startReceiver(t)
  const root = temporaryFolder(t)
  const config = join(root, 'config.yml')
  writeFileSync(
    config,
    JSON.stringify({ events: { endpoints: [{ name: 'a', url: receiver.url, actions: ['pull'] }] } }),
  )
  const serving = await startServing(t, ['--root', root, ...anyPort, '--config', config])
  const digest = await pushImage(serving.url, 'team/app', 'one')
  const manifest = (await (await fetch(`${serving.url}/v2/team/app/manifests/one`)).json()) as {
    readonly layers: readonly { readonly digest: string }[]
  }
  const blob = `${serving.url}/v2/team/app/blobs/${manifest.layers[0]?.digest}`
  await statusOf(blob, 'HEAD')
  await statusOf(`${serving.url}/v2/team/app/manifests/none`)
  for (const range of ['bytes=0-99', 'bytes=100-199', 'bytes=200-']) {
    await (await fetch(blob, { headers: { range } })).arrayBuffer()
  }
  await receiver.until(() => receiver.taken.length === 2)
  await serving.stop()
  t.deepEqual(
    receiver.taken.map(({ action, target }) => [action, target['tag'], target['digest'], target['size']]),
    [
      ['pull', 'one', digest, receiver.taken[0]?.target['size']],
      ['pull', undefined, manifest.layers[0]?.digest, 2000],
    ],
  )
})

test('who asked is told where there are accounts', async (t) => {
  const workspace = await makeWorkspace(t)
  const receiver = await startReceiver(t)
  const config = join(temporaryFolder(t), 'config.yml')
  const htpasswd = join(temporaryFolder(t), 'htpasswd')
  const endpoints = [{ name: 'a', url: receiver.url, actions: ['push'] }]
  writeFileSync(config, JSON.stringify({ access: { htpasswd }, events: { endpoints } }))
  const added = await workspace.ibuild(['registry', 'user', 'add', 'ann', '--password-stdin', '--htpasswd', htpasswd], {
    input: 'a password of ann',
  })
  t.is(added.code, 0, added.stderr)
  const serving = await startServing(t, ['--root', workspace.root, ...anyPort, '--config', config])
  const authorization = `Basic ${Buffer.from('ann:a password of ann').toString('base64')}`
  const begun = await fetch(`${serving.url}/v2/a/blobs/uploads/`, { method: 'POST', headers: { authorization } })
  const place = new URL(begun.headers.get('location') ?? '', serving.url)
  place.searchParams.set('digest', digestOf(Buffer.from('x')))
  t.is((await fetch(place, { method: 'PUT', body: 'x', headers: { authorization } })).status, 201)
  await receiver.until(() => receiver.taken.length === 1)
  t.deepEqual(receiver.taken[0]?.actor, { name: 'ann' })
  t.false(JSON.stringify(receiver.taken).includes('password'))
})
