import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parseName } from '../protocol/names.ts'
import { signJwt } from './testing/sign-jwt.ts'
import { bearer, entryOf, jsonOf, minute, type TokenRegistry, tokenRegistry } from './testing/token-registry.ts'

interface Parts {
  header: Record<string, unknown> & { alg: string }
  claims: Record<string, unknown>
}

function partsOf(token: string): Parts {
  const [header = '', claims = ''] = token.split('.')
  const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  return { header: decoded(header) as Parts['header'], claims: decoded(claims) as Parts['claims'] }
}

const forged = ({ header, claims }: Parts, key?: KeyObject | Buffer): string => signJwt(header, claims, key)

const wanted = 'service=test&scope=repository:ann:pull,push'
const own = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const now = (): number => Math.floor(Date.now() / 1000)

/** The registry's own key, as nobody else has it: to sign what is wrong in nothing but its claims. */
function secretKey({ folder }: TokenRegistry): KeyObject {
  const { keys } = JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as { keys: { jwk: object }[] }
  return createPrivateKey({ key: { ...keys.at(-1)?.jwk }, format: 'jwk' })
}

type Forge = (good: Parts, registry: TokenRegistry) => string | Promise<string>

const attacks: Readonly<Record<string, Forge>> = {
  'without a signature': (good) => forged(good),
  'of algorithm none': ({ header, claims }) => forged({ header: { ...header, alg: 'none' }, claims }),
  'of algorithm none, in capitals': ({ header, claims }) => forged({ header: { ...header, alg: 'NONE' }, claims }),
  'signed by somebody else': (good) => forged(good, own.privateKey),
  'signed with the public key as a secret': async (good, registry) => {
    const { keys } = jsonOf(await registry.ask('GET', '/.well-known/jwks.json')) as { keys: { x: string }[] }
    const { header, claims } = good
    return forged({ header: { ...header, alg: 'HS256' }, claims }, Buffer.from(keys[0]?.x ?? '', 'base64url'))
  },
  'signed with the kid as a secret': ({ header, claims }) =>
    forged({ header: { ...header, alg: 'HS256' }, claims }, Buffer.from(String(header['kid']))),
  'that brings its key': ({ header, claims }) =>
    forged({ header: { ...header, jwk: own.publicKey.export({ format: 'jwk' }) }, claims }, own.privateKey),
  'that brings its key, and no name of one': ({ header: { alg }, claims }) =>
    forged({ header: { alg, jwk: own.publicKey.export({ format: 'jwk' }) }, claims }, own.privateKey),
  'that says where its key is': ({ header, claims }) =>
    forged({ header: { ...header, kid: 'x', jku: 'http://127.0.0.1:1/keys' }, claims }, own.privateKey),
  'that brings a certificate': ({ header, claims }) =>
    forged({ header: { ...header, x5c: ['AAAA'] }, claims }, own.privateKey),
  'of a key that there is not': ({ header, claims }) =>
    forged({ header: { ...header, kid: '../../etc/passwd' }, claims }, own.privateKey),
  'of another kind of key': ({ header, claims }) =>
    forged({ header: { ...header, alg: 'RS256' }, claims }, rsa.privateKey),
  'with claims that were changed': (_good, registry) =>
    registry.tokenFor(wanted, 'bob:bobs').then((token) => {
      const [header, , signature] = token.split('.')
      const { claims } = partsOf(token)
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'ann' })).toString('base64url'), signature].join('.')
    }),
  'that asks for an extension': (good, registry) =>
    forged({ ...good, header: { ...good.header, crit: ['b64'], b64: false } }, secretKey(registry)),
  'for another service': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, aud: 'other' } }, secretKey(registry)),
  'of another issuer': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, iss: 'other' } }, secretKey(registry)),
  'without an issuer': ({ header, claims: { iss: _iss, ...claims } }, registry) =>
    forged({ header, claims }, secretKey(registry)),
  'without an end': ({ header, claims: { exp: _exp, ...claims } }, registry) =>
    forged({ header, claims }, secretKey(registry)),
  'that is over': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, exp: now() - 61 } }, secretKey(registry)),
  'that is not valid yet': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, nbf: now() + 90 } }, secretKey(registry)),
  'for an account that there is not': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, sub: 'eve' } }, secretKey(registry)),
  'for an account with another password': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, stamp: 'x' } }, secretKey(registry)),
  'whose account is a list': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, sub: ['ann'] } }, secretKey(registry)),
  'whose access is malformed': ({ header, claims }, registry) =>
    forged(
      { header, claims: { ...claims, access: [{ type: 'repository', name: 'ann', actions: 'push' }] } },
      secretKey(registry),
    ),
  'that is too long': ({ header, claims }, registry) =>
    forged({ header, claims: { ...claims, more: 'x'.repeat(11_000) } }, secretKey(registry)),
  'that is none': () => 'x.y.z',
  'that is empty': () => '',
  'that is a refresh token': async (_good, registry) =>
    String(jsonOf(await registry.token('offline_token=true', 'ann:anns')).refresh_token),
}

for (const [what, forge] of Object.entries(attacks)) {
  test(`a token ${what} is refused, with a challenge that says so`, async (t) => {
    const registry = await tokenRegistry(t)
    const good = await registry.tokenFor(wanted, 'ann:anns')
    const start = (token: string) => registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: bearer(token) })
    t.is((await start(good)).status, 202)
    const answer = await start(await forge(partsOf(good), registry))
    t.deepEqual([answer.status, answer.codes], [401, ['UNAUTHORIZED']])
    t.regex(
      answer.headers['www-authenticate'] ?? '',
      /^Bearer realm="http:[^"]+",service="test",.*error="invalid_token"$/,
    )
  })
}

test('a token is what it was signed as: the same claims, signed by the registry itself, are good', async (t) => {
  const registry = await tokenRegistry(t)
  const parts = partsOf(await registry.tokenFor(wanted, 'ann:anns'))
  const token = forged(parts, secretKey(registry))
  t.is((await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: bearer(token) })).status, 202)
})

test('a token is good for a minute longer than it says, and no more', async (t) => {
  const registry = await tokenRegistry(t)
  const headers = bearer(await registry.tokenFor(wanted, 'ann:anns'))
  const status = async (): Promise<number> => (await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers })).status
  t.is(await status(), 202)
  registry.pass(5 * minute + 50_000)
  t.is(await status(), 202)
  registry.pass(11_000)
  t.is(await status(), 401, 'a token that was found good before is looked at again')
})

test('a token ends at once with its account and its password', async (t) => {
  const registry = await tokenRegistry(t)
  const headers = bearer(await registry.tokenFor(wanted, 'ann:anns'))
  const status = async (): Promise<number> => (await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers })).status
  t.is(await status(), 202)
  registry.accounts.replace({ entries: [entryOf('ann', 'other')] })
  t.is(await status(), 401)
  registry.accounts.replace({ entries: [entryOf('ann', 'anns')] })
  t.is(await status(), 202)
  registry.accounts.replace({ entries: [] })
  t.is(await status(), 401)
})

test('a token allows what it names, of what the rules grant', async (t) => {
  const registry = await tokenRegistry(t)
  const pull = bearer(await registry.tokenFor('scope=repository:ann:pull', 'ann:anns'))
  const push = await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: pull })
  t.is(push.status, 401, 'another token could allow it')
  t.regex(push.headers['www-authenticate'] ?? '', /scope="repository:ann:pull,push",error="insufficient_scope"$/)
  t.is((await registry.ask('GET', '/v2/ann/tags/list', { headers: pull })).status, 404)
  t.is((await registry.ask('GET', '/v2/ann/other/tags/list', { headers: pull })).status, 401)

  const bob = bearer(await registry.tokenFor('scope=repository:ann:pull,push', 'bob:bobs'))
  const denied = await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: bob })
  t.deepEqual([denied.status, denied.codes], [403, ['DENIED']], 'no token could')
  const nobody = bearer(await registry.tokenFor('scope=repository:ann:push'))
  t.is((await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: nobody })).status, 401)
  t.is((await registry.ask('GET', '/v2/', { headers: nobody })).status, 200)
})

test('a token that names what the rules no longer grant allows nothing', async (t) => {
  const registry = await tokenRegistry(t)
  const { header, claims } = partsOf(await registry.tokenFor(wanted, 'ann:anns'))
  const access = [{ type: 'repository', name: 'other', actions: ['pull', 'push', '*'] }]
  const token = forged({ header, claims: { ...claims, access } }, secretKey(registry))
  t.is((await registry.ask('POST', '/v2/other/blobs/uploads/', { headers: bearer(token) })).status, 403)
})

test('the catalog needs its scope, and shows what the rules let be pulled', async (t) => {
  const registry = await tokenRegistry(t)
  const without = bearer(await registry.tokenFor('scope=repository:ann:pull', 'bob:bobs'))
  const answer = await registry.ask('GET', '/v2/_catalog', { headers: without })
  t.is(answer.status, 401)
  t.regex(answer.headers['www-authenticate'] ?? '', /scope="registry:catalog:\*"/)
  const bytes = Buffer.from('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}')
  for (const name of ['ann', 'other', 'public'].map(parseName))
    await registry.service.manifests.put(name, { tag: 'x' }, { bytes, contentType: undefined })
  const listed = async (login: string): Promise<unknown> => {
    const headers = bearer(await registry.tokenFor('scope=registry:catalog:*', login))
    return jsonOf(await registry.ask('GET', '/v2/_catalog', { headers }))['repositories']
  }
  t.deepEqual(await listed('bob:bobs'), ['ann', 'other', 'public'])
  t.deepEqual(await listed('ann:anns'), ['ann', 'public'])
  t.deepEqual(await listed(''), ['public'])
})

test('who did not log in is told where tokens are given, under the name that he has for the registry', async (t) => {
  const registry = await tokenRegistry(t)
  const challenge = async (host: string): Promise<string | undefined> =>
    (await registry.ask('GET', '/v2/', { headers: { host } })).headers['www-authenticate']
  t.is(await challenge('registry.example:5000'), 'Bearer realm="http://registry.example:5000/token",service="test"')
  t.is(await challenge('[::1]:5000'), 'Bearer realm="http://[::1]:5000/token",service="test"')
  t.is(await challenge('a"b'), 'Bearer realm="http://localhost/token",service="test"')
})

test('a mount is asked for with both repositories, and is an upload where one may not be pulled', async (t) => {
  const registry = await tokenRegistry(t)
  const path = `/v2/ann/blobs/uploads/?mount=sha256:${'a'.repeat(64)}&from=secret/base`
  const asked = await registry.ask('POST', path)
  t.is(asked.status, 401)
  t.regex(asked.headers['www-authenticate'] ?? '', /scope="repository:ann:pull,push repository:secret\/base:pull"/)
  const headers = bearer(await registry.tokenFor(wanted, 'ann:anns'))
  t.is((await registry.ask('POST', path, { headers })).status, 202)
})
