import test from 'ava'
import { basicOf, bearer, entryOf, jsonOf, minute, tokenRegistry } from './testing/token-registry.ts'

const offline = 'offline_token=true'

test('a token is given for what was asked for and is granted, which may be nothing', async (t) => {
  const registry = await tokenRegistry(t)
  const asked = 'service=test&scope=repository:ann/app:pull,push&scope=repository:other:push&account=ann&client_id=x'
  const answer = await registry.token(asked, 'ann:anns')
  t.is(answer.status, 200)
  t.is(answer.headers['cache-control'], 'no-store')
  const { token, access_token, expires_in, issued_at, scope, refresh_token } = jsonOf(answer)
  t.is(token, access_token)
  t.is(expires_in, 300)
  t.true(Math.abs(Date.parse(String(issued_at)) - Date.now()) < 10_000)
  t.deepEqual([scope, refresh_token], ['repository:ann/app:pull,push', undefined])
  for (const login of ['', 'bob:bobs']) t.is((await registry.token('scope=repository:ann:push', login)).status, 200)
  t.is(jsonOf(await registry.token('scope=repository:ann:push')).scope, '')
  t.is(jsonOf(await registry.token('scope=repository:public:pull,push')).scope, 'repository:public:pull')
})

const wrong: readonly (readonly [what: string, query: string, login: string, status: number])[] = [
  ['a wrong password', '', 'ann:bobs', 401],
  ['a name that there is not', '', 'eve:anns', 401],
  ['a login without a colon', '', 'ann', 401],
  ['another service', 'service=other', 'ann:anns', 400],
  ['two services', 'service=test&service=other', 'ann:anns', 400],
  ['the account of another', 'account=bob', 'ann:anns', 400],
  ['a token that there is not in place of the password', '', `<token>:${'x'.repeat(43)}`, 401],
]

for (const [what, query, login, status] of wrong) {
  test(`no token is given for ${what}`, async (t) => {
    const registry = await tokenRegistry(t)
    const answer = await registry.token(query, login)
    t.is(answer.status, status)
    t.false('token' in jsonOf(answer))
    if (status !== 401) return
    t.deepEqual(answer.codes, ['UNAUTHORIZED'])
    t.is(answer.headers['www-authenticate'], 'Basic realm="test", charset="UTF-8"')
  })
}

test('a token is not given for a token', async (t) => {
  const registry = await tokenRegistry(t)
  const headers = bearer(await registry.tokenFor('', 'ann:anns'))
  t.is((await registry.ask('GET', '/token', { headers })).status, 401)
})

test('a form gives a token for a password or a refresh token', async (t) => {
  const registry = await tokenRegistry(t)
  const form = { service: 'test', client_id: 'x', scope: 'repository:ann:pull,push repository:public:pull' }
  const first = jsonOf(
    await registry.post({ ...form, grant_type: 'password', username: 'ann', password: 'anns', access_type: 'offline' }),
  )
  t.is(first.scope, 'repository:ann:pull,push repository:public:pull')
  const refresh = String(first.refresh_token)
  t.is(refresh.length, 43)
  const again = jsonOf(await registry.post({ ...form, grant_type: 'refresh_token', refresh_token: refresh }))
  t.deepEqual([again.scope, again.refresh_token], [first.scope, undefined])
  t.is((await registry.ask('GET', '/v2/ann/tags/list', { headers: bearer(String(again.token)) })).status, 404)
  t.is((await registry.token('', `<token>:${refresh}`)).status, 200)
})

const forms: readonly (readonly [what: string, form: Readonly<Record<string, string>>, status: number])[] = [
  ['without a grant', { username: 'ann', password: 'anns' }, 400],
  ['of another grant', { grant_type: 'client_credentials' }, 400],
  ['without a password', { grant_type: 'password', username: 'ann' }, 400],
  ['with a wrong password', { grant_type: 'password', username: 'ann', password: 'x' }, 401],
  ['with a refresh token that there is not', { grant_type: 'refresh_token', refresh_token: 'x' }, 401],
  ['that is too large', { grant_type: 'password', username: 'ann', password: 'x'.repeat(70_000) }, 413],
]

for (const [what, form, status] of forms) {
  test(`a form ${what} gives no token`, async (t) => {
    const registry = await tokenRegistry(t)
    t.is((await registry.post(form)).status, status)
  })
}

test('what is no form, and other methods, are refused', async (t) => {
  const registry = await tokenRegistry(t)
  t.is(
    (await registry.ask('POST', '/token', { body: '{}', headers: { 'content-type': 'application/json' } })).status,
    415,
  )
  const put = await registry.ask('PUT', '/token')
  t.deepEqual([put.status, put.headers['allow']], [405, 'HEAD, GET, POST'])
})

test('a refresh token ends with its password, its account, its time, and is not lost by being used', async (t) => {
  const registry = await tokenRegistry(t)
  const login = async (): Promise<string> => String(jsonOf(await registry.token(offline, 'ann:anns')).refresh_token)
  const use = async (token: string): Promise<number> =>
    (await registry.post({ grant_type: 'refresh_token', refresh_token: token })).status
  const [first, second] = [await login(), await login()]
  t.not(first, second)
  t.deepEqual([await use(first), await use(first), await use(second)], [200, 200, 200])

  registry.accounts.replace({ entries: [entryOf('ann', 'other'), entryOf('bob', 'bobs')] })
  t.deepEqual([await use(first), await use(second)], [401, 401])
  registry.accounts.replace({ entries: [entryOf('bob', 'bobs')] })
  t.is(await use(first), 401)

  registry.accounts.replace({ entries: [entryOf('ann', 'anns')] })
  const third = await login()
  registry.pass(900 * minute)
  t.is(await use(third), 200)
  registry.pass(900 * minute)
  t.is(await use(third), 200, 'one that is used lives on')
  registry.pass(1001 * minute)
  t.is(await use(third), 401)
})

test('a registry that takes no writes gives tokens, but none to keep', async (t) => {
  const registry = await tokenRegistry(t, { isReadOnly: () => true })
  const answer = await registry.token(offline, 'ann:anns')
  t.is(answer.status, 200)
  t.false('refresh_token' in jsonOf(answer))
})

test('nobody in particular is given nothing to keep', async (t) => {
  const registry = await tokenRegistry(t)
  t.false('refresh_token' in jsonOf(await registry.token(offline)))
})

test('public keys are told, and nothing secret with them', async (t) => {
  const registry = await tokenRegistry(t)
  const { keys } = jsonOf(await registry.ask('GET', '/.well-known/jwks.json')) as { keys: readonly object[] }
  t.deepEqual(
    keys.map((key) => Object.keys(key).sort()),
    [['alg', 'crv', 'kid', 'kty', 'use', 'x']],
  )
})

test('Basic works beside tokens', async (t) => {
  const registry = await tokenRegistry(t)
  t.is((await registry.ask('GET', '/v2/', { headers: basicOf('ann:anns') })).status, 200)
  t.is((await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: basicOf('ann:anns') })).status, 202)
  t.is((await registry.ask('GET', '/v2/', { headers: basicOf('ann:wrong') })).status, 401)
})
