import test from 'ava'
import { bearer, jsonOf, type TokenRegistry, tokenRegistry } from './testing/token-registry.ts'

const scope = 'scope=repository:ann:pull,push'

/** Status of a request with a token, and how many keys are published. */
async function look(registry: TokenRegistry, token: string): Promise<readonly [status: number, keys: number]> {
  const { status } = await registry.ask('GET', '/v2/ann/tags/list', { headers: bearer(token) })
  const { keys } = jsonOf(await registry.ask('GET', '/.well-known/jwks.json'))
  return [status, Array.isArray(keys) ? keys.length : 0]
}

for (const isRemembered of [true, false]) {
  test(`a token of a key that was revoked is refused at once${isRemembered ? ', also one that was just taken' : ''}`, async (t) => {
    const registry = await tokenRegistry(t)
    const token = await registry.tokenFor(scope, 'ann:anns')
    if (isRemembered) t.deepEqual(await look(registry, token), [404, 1])
    t.is((await registry.tokens.rotateKeys(false)).earlier, 1)
    t.deepEqual(await look(registry, token), [404, 2], 'another key is reason to refuse nothing')
    t.is((await registry.tokens.rotateKeys(true)).earlier, 0)
    t.deepEqual(await look(registry, token), [401, 1])
    t.deepEqual(await look(registry, await registry.tokenFor(scope, 'ann:anns')), [404, 1])
  })
}

test('a client goes on by what it keeps in place of a password when keys are revoked, with its upload as well', async (t) => {
  const registry = await tokenRegistry(t)
  const kept = String(jsonOf(await registry.token(`${scope}&offline_token=true`, 'ann:anns'))['refresh_token'])
  const headers = bearer(await registry.tokenFor(scope, 'ann:anns'))
  const { headers: begun } = await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers })
  const patch = (asked = {}): ReturnType<TokenRegistry['ask']> =>
    registry.ask('PATCH', begun.location ?? '', { body: 'more', ...asked })
  t.is((await patch()).status, 202)
  await registry.tokens.rotateKeys(true)
  t.is((await patch()).status, 401)
  t.is((await patch({ headers })).status, 401)
  const answer = await registry.post({ grant_type: 'refresh_token', refresh_token: kept, scope: 'repository:ann:push' })
  const again = await patch({ headers: bearer(String(jsonOf(answer)['token'])) })
  t.is(again.status, 202)
  t.is((await registry.ask('PATCH', again.headers.location ?? '', { body: 'more' })).status, 202, 'by its new address')
})
