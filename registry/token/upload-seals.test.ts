import { randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { parseName } from '../protocol/names.ts'
import { bearer, entryOf, minute, type TokenRegistry, tokenRegistry } from './testing/token-registry.ts'
import { createUploadSeals } from './upload-seals.ts'

const bytes = randomBytes(32)
const secret = (): Uint8Array => bytes
const name = parseName('a/b')
const id = 'b3f0a0de-0000-4000-8000-000000000000'
const sealOf = (text: string): string => text.slice(text.indexOf('.') + 1)

test('a seal tells who began the upload, whoever that is', (t) => {
  const seals = createUploadSeals(secret, Date.now)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (subject) => {
      const text = seals.seal({ name, id, subject })
      t.regex(text, /^[\w.-]+$/)
      t.is(seals.open({ name, id }, sealOf(text)), subject)
    }),
    { numRuns: 100 },
  )
})

const base64url = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

test('a seal with any character changed is none', (t) => {
  const seals = createUploadSeals(secret, Date.now)
  const seal = sealOf(seals.seal({ name, id, subject: 'ann' }))
  for (let at = 0; at < seal.length; at++) {
    for (const other of [...base64url, '.', '']) {
      const changed = seal.slice(0, at) + other + seal.slice(at + 1)
      if (changed !== seal) t.is(seals.open({ name, id }, changed), undefined, changed)
    }
  }
})

test('a seal is for one upload of one repository, of one registry, for a day', (t) => {
  let now = Date.now()
  const seals = createUploadSeals(secret, () => now)
  const seal = sealOf(seals.seal({ name, id, subject: 'ann' }))
  t.is(seals.open({ name: parseName('a/c'), id }, seal), undefined)
  t.is(seals.open({ name, id: id.replace('b', 'c') }, seal), undefined)
  t.is(
    createUploadSeals(
      () => randomBytes(32),
      () => now,
    ).open({ name, id }, seal),
    undefined,
  )
  t.is(createUploadSeals(secret, () => now).open({ name, id }, seal), 'ann', 'also after a restart')
  now += 24 * 60 * minute - 2000
  t.is(seals.open({ name, id }, seal), 'ann')
  now += 3000
  t.is(seals.open({ name, id }, seal), undefined)
  for (const none of ['', '.', '..', 'x'.repeat(2000)]) t.is(seals.open({ name, id }, none), undefined)
})

const content = randomBytes(1000)
const scope = 'scope=repository:ann:pull,push'

async function begin(registry: TokenRegistry, headers?: { authorization: string }): Promise<string> {
  const sent = headers ?? bearer(await registry.tokenFor(scope, 'ann:anns'))
  const { status, headers: answer } = await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: sent })
  if (status !== 202) throw new Error(`POST gave ${status}`)
  return answer.location ?? ''
}

for (const [what, login] of [
  ['an expired token', 'expired'],
  ['no token', 'none'],
] as const) {
  test(`a push goes on to its end with ${what}`, async (t) => {
    const registry = await tokenRegistry(t)
    const token = bearer(await registry.tokenFor(scope, 'ann:anns'))
    const location = await begin(registry, token)
    t.regex(location, /^\/v2\/ann\/blobs\/uploads\/[\w-]{36}\.[\w.-]+$/, 'relative, and without a query')
    registry.pass(20 * 60 * minute)
    const headers: Record<string, string> = login === 'expired' ? token : {}
    t.is((await registry.ask('POST', '/v2/ann/blobs/uploads/', { headers: token })).status, 401)
    const patch = await registry.ask('PATCH', location, { body: content, headers })
    t.is(patch.status, 202)
    t.is(patch.headers.location, location, 'the address lasts no longer by being used')
    t.is((await registry.ask('GET', location, { headers })).status, 204)
    const wrongPart = await registry.ask('PATCH', location, {
      body: content,
      headers: { ...headers, 'content-range': '5-9' },
    })
    t.deepEqual([wrongPart.status, wrongPart.headers.location], [416, location])
    const put = await registry.ask('PUT', `${location}?digest=${digestOf(content)}`, { headers })
    t.is(put.status, 201)
    t.is((await registry.ask('GET', `/v2/ann/blobs/${digestOf(content)}`, { headers })).status, 401, 'and no further')
    const other = await begin(registry, bearer(await registry.tokenFor(scope, 'ann:anns')))
    t.is((await registry.ask('DELETE', other, { headers })).status, 204)
  })
}

test('the address of an upload is of use for nothing else', async (t) => {
  const registry = await tokenRegistry(t)
  const location = await begin(registry)
  const other = await begin(registry)
  const [, session = '', seal = ''] = /uploads\/([^.]+)\.(.+)$/.exec(location) ?? []
  const [, otherSession = ''] = /uploads\/([^.]+)\./.exec(other) ?? []
  const status = async (path: string, method = 'PATCH'): Promise<number> =>
    (await registry.ask(method, path, { body: method === 'PATCH' ? content : '' })).status
  t.is(await status(`/v2/ann/blobs/uploads/${session}`), 401)
  t.is(await status(`/v2/ann/blobs/uploads/${session}.`), 401)
  t.is(await status(`/v2/ann/x/blobs/uploads/${session}.${seal}`), 401)
  t.is(await status(`/v2/ann/blobs/uploads/${otherSession}.${seal}`), 401)
  t.is(await status(`/v2/ann/blobs/uploads/${session}.${seal.slice(0, -1)}`), 401)
  t.is(await status('/v2/ann/blobs/uploads/', 'POST'), 401)
  t.is(await status('/v2/ann/manifests/latest', 'PUT'), 401)
  t.is(await status(location.replace('/uploads/', '/uploads/%2e%2e/')), 404)
  registry.pass(24 * 60 * minute + 2000)
  t.is(await status(location), 401)
})

test('an upload ends with the account that began it', async (t) => {
  const registry = await tokenRegistry(t)
  const location = await begin(registry)
  const status = async (): Promise<number> => (await registry.ask('GET', location)).status
  t.is(await status(), 204)
  registry.accounts.replace({ entries: [entryOf('bob', 'bobs')] })
  t.is(await status(), 401)
})

test('an upload goes on after a restart, by the same keys', async (t) => {
  const registry = await tokenRegistry(t)
  const location = await begin(registry)
  const again = await tokenRegistry(t, { folder: registry.folder })
  t.is((await again.ask('GET', location)).status, 404, 'let through, and the other registry does not have it')
  const other = await tokenRegistry(t)
  t.is((await other.ask('GET', location)).status, 401)
})
