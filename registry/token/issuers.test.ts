import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { type StandIn, sendJson, standIn } from '../../shared/net/testing/stand-in.ts'
import type { TokenIssuer } from './outside-issuer.ts'
import { signJwt } from './testing/sign-jwt.ts'
import { bearer, minute, type TokenRegistry, tokenRegistry } from './testing/token-registry.ts'

const issuer: Omit<TokenIssuer, 'keys'> = {
  name: 'ci',
  issuer: 'https://ci.example',
  audience: 'registry.example',
  access: '',
  subject: 'sub',
  groups: 'groups',
}

interface Key {
  readonly secret: KeyObject
  readonly jwk: object
}

function keyOf(kid: string): Key {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { secret: privateKey, jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, use: 'sig' } }
}

const [key, otherKey] = [keyOf('one'), keyOf('two')]
const now = (): number => Math.floor(Date.now() / 1000)
const claims = (more: object = {}): object => ({
  iss: issuer.issuer,
  aud: issuer.audience,
  sub: 'repo:team/app',
  exp: now() + 300,
  groups: ['builders'],
  ...more,
})
const tokenOf = (more: object = {}, { secret }: Key = key, kid = 'one'): string =>
  signJwt({ alg: 'RS256', kid }, claims(more), secret)

function keyFile(t: ExecutionContext, ...keys: readonly Key[]): string {
  const file = join(temporaryFolder(t), 'keys.json')
  writeFileSync(file, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
  return file
}

const push = async (registry: TokenRegistry, token: string, name = 'built'): Promise<number> =>
  (await registry.ask('POST', `/v2/${name}/blobs/uploads/`, { headers: bearer(token) })).status

test('a token of another issuer counts by the groups that it names, under the name that he has here', async (t) => {
  const registry = await tokenRegistry(t, { issuers: [{ ...issuer, keys: keyFile(t, key) }] })
  t.is(await push(registry, tokenOf()), 202)
  t.is(await push(registry, tokenOf({ groups: 'builders' })), 202)
  t.is(await push(registry, tokenOf(), 'ann'), 403)
  t.is(await push(registry, tokenOf({ groups: ['others'] })), 403)
  t.is(await push(registry, tokenOf({ groups: undefined })), 403)
})

test('an upload that such a token began goes on without it', async (t) => {
  const registry = await tokenRegistry(t, { issuers: [{ ...issuer, keys: keyFile(t, key) }] })
  const begun = await registry.ask('POST', '/v2/built/blobs/uploads/', { headers: bearer(tokenOf()) })
  t.is((await registry.ask('GET', begun.headers.location ?? '')).status, 204)
})

test('a claim as Docker writes it decides alone, where it is said to', async (t) => {
  const issuers = [{ ...issuer, access: 'access', keys: keyFile(t, key) }]
  const registry = await tokenRegistry(t, { issuers })
  const access = [{ type: 'repository', name: 'any/thing', actions: ['pull', 'push'] }]
  t.is(await push(registry, tokenOf({ access }), 'any/thing'), 202)
  t.is(await push(registry, tokenOf({ access }), 'built'), 401, 'its issuer could give another one')
  t.is(await push(registry, tokenOf(), 'built'), 401)
})

test('who did not log in has what such a claim gives to everybody', async (t) => {
  const issuers = [{ ...issuer, access: 'access', keys: keyFile(t, key) }]
  const registry = await tokenRegistry(t, { issuers })
  const access = [{ type: 'repository', name: 'any/thing', actions: ['pull'] }]
  const pull = async (token: string): Promise<number> =>
    (await registry.ask('GET', '/v2/any/thing/tags/list', { headers: bearer(token) })).status
  for (const sub of [undefined, '']) {
    t.is(await pull(tokenOf({ sub, access })), 404, 'there is no such repository')
    t.is(await pull(tokenOf({ sub })), 401)
    t.is(await push(registry, tokenOf({ sub, access }), 'any/thing'), 401)
  }
})

test('a registry whose tokens another one gives in its name takes those, and none of its own', async (t) => {
  const issuers = [{ ...issuer, issuer: 'test', audience: 'test', access: 'access', keys: keyFile(t, key) }]
  const registry = await tokenRegistry(t, { issuers })
  const access = [{ type: 'repository', name: 'ann/app', actions: ['pull', 'push'] }]
  t.is(await push(registry, tokenOf({ iss: 'test', aud: 'test', access }), 'ann/app'), 202)
  t.is(await push(registry, await registry.tokenFor('scope=repository:ann/app:pull,push', 'ann:anns'), 'ann/app'), 401)
})

const refused: Readonly<Record<string, () => string>> = {
  'for another audience': () => tokenOf({ aud: 'other' }),
  'of another issuer': () => tokenOf({ iss: 'https://evil.example' }),
  'without an end': () => tokenOf({ exp: undefined }),
  'that is over': () => tokenOf({ exp: now() - 61 }),
  'that is not valid yet': () => tokenOf({ nbf: now() + 90 }),
  'of nobody': () => tokenOf({ sub: undefined }),
  'of an empty subject': () => tokenOf({ sub: '' }),
  'of a subject that is too long': () => tokenOf({ sub: 'x'.repeat(200) }),
  'of a subject that cannot be seen': () => tokenOf({ sub: 'x\u202ey' }),
  'whose groups are none': () => tokenOf({ groups: { builders: true } }),
  'signed with another key': () => tokenOf({}, otherKey, 'one'),
  'with a key that there is not': () => tokenOf({}, otherKey, 'two'),
  'signed with the public key as a secret': () =>
    signJwt({ alg: 'HS256', kid: 'one' }, claims(), Buffer.from(JSON.stringify(key.jwk))),
  'of algorithm none': () => signJwt({ alg: 'none' }, claims(), undefined),
  'that brings its key': () => signJwt({ alg: 'RS256', jwk: otherKey.jwk }, claims(), otherKey.secret),
}

for (const [what, make] of Object.entries(refused)) {
  test(`a token of another issuer ${what} is refused`, async (t) => {
    const registry = await tokenRegistry(t, { issuers: [{ ...issuer, keys: keyFile(t, key) }] })
    t.is(await push(registry, make()), 401)
    t.is(registry.refusals.length, 1, 'the operator can be told why')
  })
}

test('nobody outside is an account of here', async (t) => {
  const issuers = [{ ...issuer, keys: keyFile(t, key) }]
  const registry = await tokenRegistry(t, { issuers })
  registry.accounts.replace({ entries: [{ name: 'ci/repo%3Ateam/app', hash: 'x' }] })
  t.is(await push(registry, tokenOf()), 401)
  t.is(await push(registry, tokenOf({ iss: 'test', aud: 'test', sub: 'ann' })), 401)
})

/** A server with keys that can be exchanged. */
async function keyServer(t: ExecutionContext, served: { keys: readonly Key[]; status?: number }): Promise<StandIn> {
  return standIn(t, (_request, response) =>
    sendJson(response, { keys: served.keys.map(({ jwk }) => jwk) }, served.status ?? 200),
  )
}

test('keys are fetched at the start, again when a token names another one, and not for each that does', async (t) => {
  const served: { keys: readonly Key[]; status?: number } = { keys: [key] }
  const server = await keyServer(t, served)
  const issuers = [{ ...issuer, keys: `http://${server.host}/keys` }]
  const registry = await tokenRegistry(t, { issuers })
  t.deepEqual([await push(registry, tokenOf()), await push(registry, tokenOf({ jti: 'x' }))], [202, 202])
  t.is(server.asked.length, 1)
  t.is(server.asked[0]?.headers.authorization, undefined)

  for (const jti of ['a', 'b', 'c']) t.is(await push(registry, tokenOf({ jti }, otherKey, 'two')), 401)
  t.is(server.asked.length, 1, 'the keys were fetched a moment ago')
  served.keys = [key, otherKey]
  registry.pass(minute)
  t.is(await push(registry, tokenOf({}, otherKey, 'two')), 202)
  t.is(server.asked.length, 2)

  served.status = 500
  registry.pass(20 * minute)
  const later = { exp: now() + 3600 }
  t.is(await push(registry, tokenOf({ ...later, jti: 'd' })), 202, 'keys that are known are used on')
  t.is(await push(registry, tokenOf({ ...later, jti: 'e' })), 202)
  t.regex(registry.notices.join('\n'), /it answers 500/)
})

test('without keys nobody is let in, and is told to come again; they are not asked for all the time', async (t) => {
  const served = { keys: [key], status: 503 }
  const server = await keyServer(t, served)
  const issuers = [{ ...issuer, keys: `http://${server.host}/keys` }]
  const registry = await tokenRegistry(t, { issuers })
  t.deepEqual([await push(registry, tokenOf()), await push(registry, tokenOf())], [503, 503])
  t.is(server.asked.length, 1)
  served.status = 200
  registry.pass(minute)
  t.is(await push(registry, tokenOf()), 202)
})

const unusable: Readonly<Record<string, (t: ExecutionContext) => Promise<string>>> = {
  'that redirects': async (t) => {
    const server = await keyServer(t, { keys: [key] })
    const other = await standIn(t, (_request, response) => {
      response.writeHead(302, { location: `http://${server.host}/keys` }).end()
    })
    return `http://${other.host}/keys`
  },
  'that answers without end': async (t) => {
    const server = await standIn(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: [key.jwk], more: 'x'.repeat(300 * 1024) }))
    })
    return `http://${server.host}/keys`
  },
  'with secrets alone': async (t) => {
    const server = await standIn(t, (_request, response) =>
      sendJson(response, { keys: [{ kty: 'oct', k: 'AAAA', kid: 'one' }] }),
    )
    return `http://${server.host}/keys`
  },
  'that is none': async () => 'http://127.0.0.1:1/keys',
  'that is no file': async (t) => join(temporaryFolder(t), 'none.json'),
}

for (const [what, source] of Object.entries(unusable)) {
  test(`keys from a place ${what} are none`, async (t) => {
    const registry = await tokenRegistry(t, { issuers: [{ ...issuer, keys: await source(t) }] })
    t.is(await push(registry, tokenOf()), 503)
    t.regex(registry.notices[0] ?? '', /^no keys from /, 'told before anybody sends a token')
  })
}

test('a file with keys is read again after a while', async (t) => {
  const file = keyFile(t, key)
  const registry = await tokenRegistry(t, { issuers: [{ ...issuer, keys: file }] })
  t.is(await push(registry, tokenOf({ exp: now() + 36_000 })), 202)
  rmSync(file)
  t.false(existsSync(file))
  writeFileSync(file, JSON.stringify({ keys: [otherKey.jwk] }))
  registry.pass(minute)
  t.is(await push(registry, tokenOf({}, otherKey, 'two')), 202)
  registry.pass(10 * minute)
  t.is(await push(registry, tokenOf({ exp: now() + 36_000 })), 401, 'a key that was taken back')
})
