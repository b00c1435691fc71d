import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { adminCall } from '../server/client.ts'
import { accessScene, as, changed, statusOf } from './scene.ts'

const everything = { repositories: '**', actions: ['pull', 'push', 'delete'] }

test('with accounts nobody gets in without one, and whoever has one may do all', async (t) => {
  const { add, serve } = accessScene(t)
  await add('ann')
  const { url } = await serve()
  const asked = await fetch(`${url}/v2/`)
  t.is(asked.status, 401)
  t.truthy(asked.headers.get('www-authenticate'))
  t.is(await statusOf(`${url}/v2/a/blobs/uploads/`, {}, 'POST'), 401)
  t.is(await statusOf(`${url}/v2/a/blobs/uploads/`, as('ann'), 'POST'), 202)
  t.is(await statusOf(`${url}/v2/a/blobs/uploads/`, as('ann', 'x'), 'POST'), 401)
  for (const path of ['/healthz', '/readyz']) t.is(await statusOf(url + path), 200, path)
})

test('rules and groups are in force after a reload; what cannot be used changes nothing', async (t) => {
  const { root, configure, add, serve } = accessScene(t)
  await add('ann', 'bob')
  const rule = (who: string): object => ({ access: { groups: { dev: ['ann'] }, rules: [{ ...everything, who }] } })
  configure(rule('user:ann'))
  const serving = await serve()
  const { url } = serving
  const mayPush = async (name: string): Promise<boolean> =>
    (await statusOf(`${url}/v2/a/blobs/uploads/`, as(name), 'POST')) === 202
  t.deepEqual([await mayPush('ann'), await mayPush('bob')], [true, false])
  configure(rule('user:bob'))
  t.is((await adminCall(root, '/v1/reload', { method: 'POST' })).status, 200)
  t.deepEqual([await mayPush('ann'), await mayPush('bob')], [false, true])
  for (const [who, message] of [
    ['user:carl', /there is no account carl; ibuild registry user add makes it/],
    ['group:ops', /there is no group ops/],
    ['everybody', /is none of user:NAME/],
  ] as const) {
    configure(rule(who))
    const { status, value } = await adminCall(root, '/v1/reload', { method: 'POST' })
    t.is(status, 400)
    t.regex(JSON.stringify(value), message)
    t.deepEqual([await mayPush('ann'), await mayPush('bob')], [false, true])
  }
  configure(rule('group:dev'))
  serving.kill('SIGHUP')
  await serving.logged(/the configuration was read again[^]*the configuration was read again/)
  t.deepEqual([await mayPush('ann'), await mayPush('bob')], [true, false])
})

test('a reload opens nothing to other machines that a start would have refused', async (t) => {
  const { root, configure, add, serve } = accessScene(t)
  await add('ann')
  configure({ insecure: { plainHttp: true } })
  const { url } = await serve(['--listen', '0.0.0.0:0'])
  const local = url.replace('0.0.0.0', '127.0.0.1')
  configure({
    insecure: { plainHttp: true, anonymousPush: true },
    access: { rules: [{ ...everything, who: 'anonymous' }] },
  })
  const { status, value } = await adminCall(root, '/v1/reload', { method: 'POST' })
  t.is(status, 400)
  t.regex(JSON.stringify(value), /EXPOSURE_REFUSED/)
  t.is(await statusOf(`${local}/v2/a/blobs/uploads/`, {}, 'POST'), 401)
})

test('the first account is asked for from the next start on, and the command says so', async (t) => {
  const { user, serve } = accessScene(t)
  const { url } = await serve()
  const { code, stderr } = await user(['add', 'ann', '--password-stdin'], 'x')
  t.deepEqual(
    [code, stderr],
    [0, 'the server that runs was started without accounts: it asks for them from its next start on\n'],
  )
  t.is(await statusOf(`${url}/v2/`), 200)
  t.is((await user(['add', 'bob', '--password-stdin'], 'x')).stderr, '')
})

test('a server does not start with accounts or rules that are not right', async (t) => {
  const { folder, configure, add, serve } = accessScene(t)
  const rules = [{ ...everything, who: 'user:ann' }]
  configure({ access: { rules } })
  await t.throwsAsync(serve(), { message: /rule 1: is for people who log in, and there are no accounts/ })
  await add('bob')
  await t.throwsAsync(serve(), {
    message: /access\.rules: rule 1: there is no account ann; ibuild registry user add makes it/,
  })
  configure({ access: { htpasswd: 'nowhere' } })
  await t.throwsAsync(serve(), { message: /nowhere cannot be read \(ENOENT\)/ })
  writeFileSync(join(folder, 'plain'), 'ann:hunter2\n')
  configure({ access: { htpasswd: 'plain' } })
  const error = await t.throwsAsync(serve(), { message: /plain, line 1: .*not hashed at all/ })
  t.notRegex(error?.message ?? '', /hunter2/)
  configure({ access: { rules: [{ ...everything, who: 'anonymous' }] } })
  await t.throwsAsync(serve(['--listen', '0.0.0.0:0', '--tls', 'auto']), {
    message: /access\.rules let everyone.*EXPOSURE_REFUSED/s,
  })
  configure({})
  await t.throwsAsync(serve(['--listen', '0.0.0.0:0']), { message: /plain HTTP.*passwords too/ })
})

test('a file of accounts that is broken keeps those before; one that is gone lets nobody in', async (t) => {
  const { root, add, user, serve } = accessScene(t)
  await add('ann')
  const file = join(root, 'registry/htpasswd')
  const serving = await serve()
  const { url } = serving
  writeFileSync(file, 'ann:hunter2\n')
  await serving.logged(/line 1: [^\n]*the accounts stay as they were/)
  t.is(await statusOf(`${url}/v2/`, as('ann')), 200)
  rmSync(file)
  await serving.logged(/the file of accounts is gone: nobody can log in/)
  t.is(await statusOf(`${url}/v2/`, as('ann')), 401)
  t.is(await statusOf(`${url}/v2/`), 401, 'and nothing is open')
  await changed(serving.stderr, async () => {
    t.is((await user(['add', 'ann', '--password-stdin'], "ann's password")).code, 0)
  })
  t.is(await statusOf(`${url}/v2/`, as('ann')), 200)
})

test('the log names accounts and never what they log in with; metrics count logins', async (t) => {
  const { add, serve } = accessScene(t)
  await add('ann')
  const serving = await serve(['--log-level', 'debug'])
  const { url } = serving
  const path = `${url}/v2/a/tags/list`
  for (const headers of [as('ann'), as('ann'), as('ann', 'hunter2'), as('hunter3', 'x')]) await statusOf(path, headers)
  for (let i = 0; i < 5; i++) await statusOf(path, as('ann', `hunter4${i}`))
  const metrics = await (await fetch(`${url}/metrics`)).text()
  for (const [result, count] of [
    ['right', 1],
    ['remembered', 1],
    ['wrong', 6],
    ['slowed', 1],
  ])
    t.regex(metrics, new RegExp(`^ibuild_registry_logins_total\\{result="${result}"\\} ${count}$`, 'm'))
  t.notRegex(metrics, /\bann\b|hunter/)
  await serving.stop()
  const log = serving.stderr()
  for (const secret of ['hunter', as('ann').authorization.slice(6), 'password']) t.false(log.includes(secret), secret)
  const accounts = serving
    .lines()
    .flatMap(({ msg, route, account }) => (msg === 'request' && route === 'tags' ? [account] : []))
  t.deepEqual(accounts, ['ann', 'ann', 'ann', undefined, 'ann', 'ann', 'ann', 'ann', 'ann'])
})

test('behind a proxy that is trusted each client counts by itself, and is told where he came from', async (t) => {
  const { root, configure, add, serve } = accessScene(t)
  await add('ann')
  configure({ trustedProxies: ['127.0.0.0/8'] })
  const serving = await serve()
  const { url } = serving
  const from = (address: string): Record<string, string> => ({
    'x-forwarded-for': `203.0.113.1, ${address}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'reg.example',
  })
  const wrong = async (headers: Record<string, string>): Promise<number> =>
    statusOf(`${url}/v2/`, { ...headers, ...as('ann', 'x') })
  for (const status of [401, 401, 401, 401, 401, 429]) t.is(await wrong(from('198.51.100.7')), status)
  t.is(await wrong(from('198.51.100.8')), 401)
  t.is(await statusOf(`${url}/v2/`, { ...from('198.51.100.7'), ...as('ann') }), 429)
  t.is(await statusOf(`${url}/v2/`, { ...from('198.51.100.9'), ...as('ann') }), 200)
  const challenge = async (): Promise<string> =>
    (await fetch(`${url}/v2/`, { headers: from('198.51.100.9') })).headers.get('www-authenticate') ?? ''
  t.regex(await challenge(), /^Bearer realm="https:\/\/reg\.example\/token"/)
  const upload = await fetch(`${url}/v2/a/blobs/uploads/`, {
    method: 'POST',
    headers: { ...from('198.51.100.9'), ...as('ann') },
  })
  t.is(upload.status, 202)
  await serving.logged(/"client":"198\.51\.100\.9","account":"ann","method":"POST"/)

  configure({})
  t.is((await adminCall(root, '/v1/reload', { method: 'POST' })).status, 200)
  t.is(await wrong(from('198.51.100.8')), 401)
  t.is(await statusOf(`${url}/v2/`, { ...from('198.51.100.7'), ...as('ann') }), 200, 'the address is another one now')
  t.true((await challenge()).startsWith(`Bearer realm="${url}/token"`))
  configure({ trustedProxies: ['0.0.0.0/0'] })
  const { status, value } = await adminCall(root, '/v1/reload', { method: 'POST' })
  t.is(status, 400)
  t.regex(JSON.stringify(value), /trustedProxies: 0\.0\.0\.0\/0 is everybody/)
})
