import test, { type ExecutionContext } from 'ava'
import { type GunWish, gunAuthorize } from '../access/authorize-gun.ts'
import type { Grant } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import { bearer, collections, jsonOf, type TokenRegistry, tokenRegistry } from './testing/token-registry.ts'

const gun = 'test:5000/ann/app'

/** Decides on a request for a collection by a token that was asked for with this query. */
async function decision(
  registry: TokenRegistry,
  wish: GunWish,
  headers: { readonly authorization?: string } = {},
): Promise<Grant | RegistryError> {
  const authorize = gunAuthorize(registry.authorize, () => collections)
  const client = { address: '127.0.0.1', port: 1, host: 'test:4443', isEncrypted: true }
  try {
    return await authorize({ id: '1', method: 'GET', headers, client }, wish)
  } catch (error) {
    if (error instanceof RegistryError) return error
    throw error
  }
}

async function codeFor(registry: TokenRegistry, query: string, wish: GunWish, login = 'ann:anns'): Promise<string> {
  const answer = await decision(registry, wish, bearer(await registry.tokenFor(query, login)))
  return answer instanceof RegistryError ? answer.code : 'allowed'
}

const pushing: GunWish = { kind: 'collection', gun, actions: ['push', 'pull'] }

const cases: readonly (readonly [query: string, wish: GunWish, expected: string])[] = [
  [`scope=repository:${gun}:push,pull`, pushing, 'allowed'],
  [`scope=repository:${gun}:*`, pushing, 'allowed'],
  [`scope=repository:${gun}:*`, { ...pushing, actions: ['*'] }, 'allowed'],
  [`scope=repository:${gun}:push,pull`, { ...pushing, actions: ['*'] }, 'UNAUTHORIZED'],
  [`scope=repository:${gun}:pull`, pushing, 'UNAUTHORIZED'],
  ['scope=repository:test:5000/ann/other:push,pull', pushing, 'UNAUTHORIZED'],
  ['scope=repository:ann/app:push,pull', pushing, 'UNAUTHORIZED'],
  ['', pushing, 'UNAUTHORIZED'],
  [`scope=repository:${gun}:*`, { ...pushing, gun: 'evil:5000/ann/app' }, 'NAME_UNKNOWN'],
  [`scope=repository:${gun}:*`, { ...pushing, gun: 'ann/app' }, 'DENIED'],
  ['scope=registry:catalog:*', { kind: 'catalog' }, 'allowed'],
  ['', { kind: 'catalog' }, 'UNAUTHORIZED'],
  ['', { kind: 'base' }, 'allowed'],
]

for (const [query, wish, expected] of cases) {
  test(`a token for ${query || 'nothing'}: ${JSON.stringify(wish)} is ${expected}`, async (t) => {
    t.is(await codeFor(await tokenRegistry(t), query, wish), expected)
  })
}

test('a token for a collection is good for no more than the rules grant when it is used', async (t) => {
  const registry = await tokenRegistry(t)
  const query = `scope=repository:${gun}:push,pull`
  t.is(await codeFor(registry, query, { ...pushing, actions: ['pull'] }, 'bob:bobs'), 'allowed')
  t.is(await codeFor(registry, query, pushing, 'bob:bobs'), 'DENIED')
})

test('a collection and a repository of one text are two things when a token is used', async (t) => {
  const registry = await tokenRegistry(t)
  const query = 'scope=repository:ann/built:push,pull' // the repository ann/built, and by its host the collection of built
  const wish: GunWish = { kind: 'collection', gun: 'ann/built', actions: ['push'] }
  t.is(await codeFor(registry, query, wish), 'DENIED')
  const token = await registry.tokenFor(query, 'ann:anns')
  t.is((await registry.ask('POST', '/v2/ann/built/blobs/uploads/', { headers: bearer(token) })).status, 202)
})

test('who did not log in is told where to, and for what', async (t) => {
  const registry = await tokenRegistry(t)
  const told = async (wish: GunWish): Promise<string> => challenge(t, await decision(registry, wish))
  const realm = 'Bearer realm="https://test:4443/token",service="test"'
  t.is(await told({ kind: 'base' }), realm)
  t.is(await told({ ...pushing, actions: ['pull'] }), `${realm},scope="repository:${gun}:pull"`)
  const wrong = await decision(registry, pushing, bearer('x.y.z'))
  t.is(challenge(t, wrong), `${realm},scope="repository:${gun}:pull,push",error="invalid_token"`)
})

test('a token of the registry names the collection as it was asked for', async (t) => {
  const registry = await tokenRegistry(t)
  const answer = await registry.token(
    `scope=repository:${gun}:push,pull&scope=repository:other:5000/ann/app:pull`,
    'ann:anns',
  )
  t.is(jsonOf(answer)['scope'], `repository:${gun}:pull,push`)
})

function challenge(t: ExecutionContext, answer: Grant | RegistryError): string {
  if (!(answer instanceof RegistryError)) return t.fail('it was allowed')
  t.is(answer.code, 'UNAUTHORIZED')
  return answer.headers['WWW-Authenticate'] ?? ''
}
