import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { makeWorkspace } from '../../testing/workspace.ts'
import { adminCall, beginUpload, pushBlob, pushImage, statusOf } from './client.ts'
import { startServing } from './serving.ts'

const anyPort = ['--listen', '127.0.0.1:0']

async function digestOfTag(url: string, name: string, tag: string): Promise<string | null> {
  return (await fetch(`${url}/v2/${name}/manifests/${tag}`, { method: 'HEAD' })).headers.get('docker-content-digest')
}

test('a tag is shown with its history and set back, while a server runs and without one', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const digests = []
  for (let n = 0; n < 3; n++) digests.push(await pushImage(serving.url, 'team/app', 'latest'))
  const [first = '', second = '', third = ''] = digests
  const shown = (await workspace.ok(['registry', 'history', 'team/app:latest', '--no-trunc'])).stdout.split('\n')
  t.regex(shown[0] ?? '', /^MOVE +WHEN +DIGEST +SIZE +BY +STATE$/)
  t.regex(shown[1] ?? '', new RegExp(`^3 +\\d{4}-\\S+Z +${third} +2\\.\\d+kB +- +now$`))
  t.regex(shown[3] ?? '', new RegExp(`^1 +\\S+ +${first} +2\\.\\d+kB +- +can be pulled$`))
  const back = await workspace.ok(['registry', 'rollback', 'team/app'])
  t.is(back.stdout, `team/app:latest is ${second} again, as by move 2; it was ${third}\n`)
  t.is(await digestOfTag(serving.url, 'team/app', 'latest'), second)
  t.is(await statusOf(`${serving.url}/v2/team/app/manifests/${first}`, 'DELETE'), 202)
  const gone = await workspace.ibuild(['registry', 'rollback', 'team/app', '--to', '1'])
  t.is(gone.code, 1)
  t.regex(
    gone.stderr,
    new RegExp(`${first}, which move 1 set team/app:latest to, is gone since \\d{4}-.*OBJECT_NOT_FOUND`),
  )
  await serving.stop()
  const alone = await workspace.ok(['registry', 'rollback', 'team/app:latest', '--to', third, '--json'])
  t.deepEqual(JSON.parse(alone.stdout), { restored: 3, digest: third, before: second })
  const moves = JSON.parse((await workspace.ok(['registry', 'history', 'team/app', '--json'])).stdout) as object[]
  t.like(moves, [
    { move: 5, digest: third, restores: 3, by: 'operator', isPullable: true },
    { move: 4, digest: second, restores: 2 },
    { move: 3 },
    { move: 2 },
    { move: 1, isPullable: false },
  ])
  t.regex((await workspace.ok(['registry', 'history', 'team/app'])).stdout, /^1 .* gone since \d{4}-/m)
  t.is(
    (await workspace.ok(['registry', 'rollback', 'team/app', '--to', '3'])).stdout,
    `team/app:latest is ${third} already\n`,
  )
})

test('refused: what is not there, and what names nothing', async (t) => {
  const workspace = await makeWorkspace(t)
  const serving = await startServing(t, ['--root', workspace.root, ...anyPort])
  await pushImage(serving.url, 'a', 'latest')
  for (const [args, code, problem] of [
    [['history', 'none'], 1, /OBJECT_NOT_FOUND/],
    [['rollback', 'none:1'], 1, /OBJECT_NOT_FOUND/],
    [['history', 'localhost:5000/team/app:1'], 2, /without the host of the registry/],
    [['history', 'Team/App'], 2, /not a repository name/],
    [['rollback', 'a', '--to', 'latest'], 2, /neither the number of a move nor a digest/],
  ] as const) {
    const result = await workspace.ibuild(['registry', ...args])
    t.is(result.code, code, result.stderr)
    t.regex(result.stderr, problem)
  }
})

test('the admin API: names with slashes, bodies, and what is none', async (t) => {
  const { root } = await makeWorkspace(t)
  const serving = await startServing(t, ['--root', root, ...anyPort])
  const [first] = [await pushImage(serving.url, 'a/b/c', 'x'), await pushImage(serving.url, 'a/b/c', 'x')]
  const at = (what: string): string => `/v1/tags/a%2Fb%2Fc/x/${what}`
  t.like(await adminCall(root, at('history')), { status: 200, value: [{ move: 2 }, { move: 1, digest: first }] })
  const post = async (body?: string): Promise<unknown> =>
    adminCall(root, at('rollback'), { method: 'POST', ...(body !== undefined && { body }) })
  t.like(await post(), { status: 200, value: { restored: 1, digest: first } })
  t.like(await post('2'), { status: 200, value: { restored: 2 } })
  t.like(await post(JSON.stringify(first)), { status: 200, value: { digest: first } })
  t.like(await post('true'), { status: 400, value: { error: { code: 'SERVER_FAILED' } } })
  t.like(await post('"x"'), { status: 400, value: { error: { code: 'USAGE' } } })
  t.like(await adminCall(root, '/v1/tags/..%2F/x/history'), { status: 400, value: { error: { code: 'USAGE' } } })
})

test('immutable tags and quotas come with the configuration, and change with a reload', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root, folder } = workspace
  const config = join(folder, 'config.yml')
  writeFileSync(config, 'tags: { immutable: ["v*"] }\nquota: [{ repositories: "team/*", bytes: 1MiB }]\n')
  const serving = await startServing(t, ['--root', root, ...anyPort, '--config', config])
  await pushImage(serving.url, 'team/app', 'v1')
  await t.throwsAsync(pushImage(serving.url, 'team/app', 'v1'), { message: /403.*tags\.immutable: \\"v\*\\"/ })
  t.is(await statusOf(`${serving.url}/v2/team/app/manifests/v1`, 'DELETE'), 403)
  const refused = await fetch(await beginUpload(serving.url, 'team/app'), {
    method: 'PATCH',
    body: randomBytes(2 ** 20),
  })
  t.is(refused.status, 403)
  t.regex(await refused.text(), /the quota of team\/app is 1048576 bytes \(quota: team\/\*\), of which \d{4} are used/)
  t.regex((await workspace.ok(['registry', 'status'])).stdout, /^quota: +team\/app: [45]\.\d+kB of 1\.05MB$/m)
  writeFileSync(config, 'quota: [{ repositories: "team/*", bytes: 2MiB }]\n')
  const reload = await workspace.ok(['registry', 'reload'])
  t.is(reload.stdout, 'tags.immutable: in force\nquota: in force\n')
  await pushImage(serving.url, 'team/app', 'v1')
  t.is(await pushBlob(serving.url, randomBytes(2 ** 20), 'team/app'), 201)
})

test('what a tag led to lately is kept from garbage collection, and can be gone back to', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root, folder } = workspace
  const config = join(folder, 'config.yml')
  const gc = 'gc: { lease: 1ms, untagged: { keep: 0 } }\n'
  writeFileSync(config, `${gc}history: { keep: 1 }\n`)
  const serving = await startServing(t, ['--root', root, ...anyPort, '--config', config])
  const digests = []
  for (let n = 0; n < 3; n++) digests.push(await pushImage(serving.url, 'team/app', 'latest'))
  const [first = '', second = ''] = digests
  const isThere = async (digest: string): Promise<boolean> =>
    (await statusOf(`${serving.url}/v2/team/app/manifests/${digest}`)) === 200
  const collect = async (): Promise<void> => {
    await sleep(50)
    await workspace.ok(['registry', 'gc', 'run', '--now'])
  }
  for (let tries = 0; tries < 50 && (await isThere(first)); tries++) await collect()
  t.false(await isThere(first))
  await collect()
  t.true(await isThere(second), 'one move before')
  await workspace.ok(['registry', 'rollback', 'team/app'])
  t.is(await digestOfTag(serving.url, 'team/app', 'latest'), second)
  writeFileSync(config, `${gc}history: { age: 0 }\n`)
  await workspace.ok(['registry', 'reload'])
  const third = digests[2] ?? ''
  for (let tries = 0; tries < 50 && (await isThere(third)); tries++) await collect()
  t.false(await isThere(third), 'no history is kept any more')
  t.true(await isThere(second))
})

test('without a server a rollback keeps to the configuration that a server would have', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root, folder } = workspace
  const serving = await startServing(t, ['--root', root, ...anyPort])
  for (let n = 0; n < 2; n++) await pushImage(serving.url, 'team/app', 'v1')
  await serving.stop()
  const config = join(folder, 'config.yml')
  writeFileSync(config, 'tags: { immutable: ["v*"] }\n')
  const back = ['registry', 'rollback', 'team/app:v1']
  const refused = await workspace.ibuild([...back, '--config', config])
  t.is(refused.code, 3)
  t.regex(refused.stderr, /the tag v1 of team\/app is immutable here .*\[TAG_IMMUTABLE\]/)
  const byVariable = await workspace.ibuild(back, { env: { IBUILD_REGISTRY_CONFIG: config } })
  t.is(byVariable.code, 3)
  t.is((await workspace.ibuild(['registry', 'read-only', 'on'])).code, 0)
  const { code, stderr } = await workspace.ibuild(back)
  t.is(code, 1)
  t.regex(stderr, /read-only for now: .*\[SERVER_FAILED\]\nhint: .*read-only status/)
  await workspace.ok(['registry', 'read-only', 'off'])
  await workspace.ok(back)
})
