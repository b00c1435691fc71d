import test from 'ava'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { keyFromCertificate } from '../../tuf/key.ts'
import { TestCollection } from '../../tuf/testing/collection.ts'
import { type CertificateOptions, newCertificate, newKey, type TestKey, testKey } from '../../tuf/testing/keys.ts'
import { firstUse, newScene, type Scene } from '../testing/scene.ts'
import type { Pinning } from '../types.ts'

const gun = 'localhost:5000/team/app'
const day = 24 * 60 * 60 * 1000
const nothing: Pinning = { keys: new Map(), authorities: new Map(), allowsFirstUse: false }
const byKeys = (pattern: string, ...ids: string[]): Pinning => ({ ...nothing, keys: new Map([[pattern, ids]]) })
const byAuthority = (pattern: string, pem: string): Pinning => ({ ...nothing, authorities: new Map([[pattern, pem]]) })

const rootKey = (options: Partial<CertificateOptions> = {}): TestKey =>
  newKey('ecdsa-x509', { commonName: gun, ...options })

async function sceneOf(...root: readonly TestKey[]): Promise<Scene & { readonly collection: TestCollection }> {
  const collection = new TestCollection({ keys: { root } })
  return Object.assign(newScene(collection, await collection.publish()), { collection })
}

/** The code with which a first contact ends; `ok` when it is believed. */
async function outcome(scene: Scene, pinning: Pinning): Promise<string> {
  try {
    await scene.refresh({ pinning })
    return 'ok'
  } catch (error) {
    return isIbuildError(error) ? error.code : String(error)
  }
}

test('who is pinned nowhere is believed at the first contact only if that is allowed', async (t) => {
  t.is(await outcome(await sceneOf(rootKey()), firstUse), 'ok')
  const scene = await sceneOf(rootKey())
  t.is(await outcome(scene, nothing), 'TRUST_PIN')
  t.deepEqual(await scene.trusted(), {})
  t.is(
    await outcome(scene, byKeys('localhost:5000/other', scene.collection.keysOf('root')[0]?.key.id ?? '')),
    'TRUST_PIN',
  )
})

for (const [name, pattern, of] of [
  ['the ID of its certificate', gun, 'id'],
  ['its canonical ID', gun, 'canonicalID'],
  ['its canonical ID, for a beginning of the name', 'localhost:5000/*', 'canonicalID'],
] as const) {
  test(`a root key that is pinned by ${name}`, async (t) => {
    const key = rootKey()
    t.is(await outcome(await sceneOf(key), byKeys(pattern, key.key[of])), 'ok')
    t.is(await outcome(await sceneOf(rootKey()), byKeys(pattern, key.key[of])), 'TRUST_PIN')
  })
}

test('the own name counts before beginnings, the longer beginning before the shorter, keys before authorities', async (t) => {
  const [key, other] = [rootKey(), rootKey()]
  const keys = new Map([
    ['*', [other.key.id]],
    ['localhost:5000/*', [other.key.id]],
    [gun, [key.key.id]],
  ])
  t.is(await outcome(await sceneOf(key), { ...nothing, keys }), 'ok')
  const longest = new Map([
    ['*', [other.key.id]],
    ['localhost:5000/team/*', [key.key.id]],
  ])
  t.is(await outcome(await sceneOf(key), { ...nothing, keys: longest }), 'ok')
  const authorities = new Map([[gun, newCertificate(other.privateKey, { commonName: 'CA', isAuthority: true })]])
  t.is(await outcome(await sceneOf(key), { ...nothing, keys, authorities }), 'ok')
})

test('a key that is in the root but signed nothing is not the one that is pinned', async (t) => {
  const [key, other] = [rootKey(), rootKey()]
  const scene = await sceneOf(key, other)
  scene.source.serve(await scene.collection.signWith('root', [other]).publish({ keepVersions: true }))
  t.is(await outcome(scene, byKeys(gun, key.key.id)), 'TRUST_PIN')
  t.is(await outcome(scene, byKeys(gun, other.key.id)), 'ok')
})

test('a pinned key that was rotated away leads to the newest root, by the chain', async (t) => {
  const key = rootKey()
  const scene = await sceneOf(key)
  for (let i = 0; i < 3; i++) scene.source.serve(await scene.collection.rotate('root', [rootKey()]).publish())
  t.is((await scene.refresh({ pinning: byKeys(gun, key.key.id) })).root.signed.version, 4)
  t.is((await scene.refresh({ pinning: byKeys(gun, key.key.id) })).root.signed.version, 4)

  const broken = newScene(scene.collection)
  broken.source.files = new Map(scene.source.files)
  broken.source.files.delete('2.root.json')
  t.is(await outcome(broken, byKeys(gun, key.key.id)), 'TRUST_PIN')
})

test('a chain from a pinned key must lead to the root that is shown', async (t) => {
  const [key, thief] = [rootKey(), rootKey()]
  const good = await sceneOf(key)
  const bad = new TestCollection({ keys: { root: [thief] } })
  await bad.publish()
  const { served } = await bad.rotate('root', [rootKey()]).publish()
  good.source.serve(await good.collection.rotate('root', [rootKey()]).publish())
  for (const name of ['root.json', 'timestamp.json']) {
    const file = served.get(name)
    if (file !== undefined) good.source.files.set(name, file)
  }
  t.is(await outcome(good, byKeys(gun, key.key.id)), 'TRUST_PIN')
})

test('what is pinned later is held against what was believed at the first contact', async (t) => {
  const scene = await sceneOf(rootKey())
  t.is(await outcome(scene, firstUse), 'ok')
  t.is(await outcome(scene, byKeys(gun, rootKey().key.id)), 'TRUST_PIN')
  t.is(await outcome(scene, byKeys(gun, scene.collection.keysOf('root')[0]?.key.id ?? '')), 'ok')
})

for (const [name, certificate, code] of [
  ['for another collection', { commonName: 'localhost:5000/team/other' }, 'TRUST_PIN'],
  ['for a beginning of the name', { commonName: 'localhost:5000/team/*' }, 'ok'],
  ['for another beginning', { commonName: 'localhost:5000/x*' }, 'TRUST_PIN'],
  ['for a beginning, without a star', { commonName: 'localhost:5000/team/' }, 'TRUST_PIN'],
  ['of a CA', { isAuthority: true }, 'TRUST_PIN'],
  ['that expired', { from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) }, 'TRUST_PIN'],
  ['that begins tomorrow', { from: new Date(Date.now() + 20 * 60 * 60 * 1000) }, 'ok'],
  ['that begins the day after', { from: new Date(Date.now() + 2 * day) }, 'TRUST_PIN'],
] as const) {
  test(`the first root has a certificate ${name}: ${code}`, async (t) => {
    const scene = await sceneOf(rootKey(certificate))
    t.is(await outcome(scene, firstUse), code)
    t.deepEqual(Object.keys(await scene.trusted()).length > 0, code === 'ok')
  })
}

test('a root key without certificate is not for any collection', async (t) => {
  t.is(await outcome(await sceneOf(newKey('ecdsa')), firstUse), 'TRUST_PIN')
  const mixed = await sceneOf(newKey('ecdsa'), rootKey())
  t.is(await outcome(mixed, firstUse), 'ok')
  const [plain] = mixed.collection.keysOf('root')
  mixed.source.serve(
    await mixed.collection.signWith('root', plain === undefined ? [] : [plain]).publish({ keepVersions: true }),
  )
  t.is(await outcome(newSceneLike(mixed), firstUse), 'TRUST_SIGNATURES')
})

function newSceneLike(scene: Scene & { readonly collection: TestCollection }): Scene {
  const other = newScene(scene.collection)
  other.source.files = scene.source.files
  return other
}

test('a certificate that expires does not end the trust in a root that is known', async (t) => {
  const scene = await sceneOf(rootKey({ until: new Date(Date.now() + day) }))
  t.is(await outcome(scene, firstUse), 'ok')
  scene.now += 2 * day
  t.is(await outcome(scene, firstUse), 'ok')
  const fresh = newSceneLike(scene)
  fresh.now = scene.now
  t.is(await outcome(fresh, firstUse), 'TRUST_PIN')
})

test('an expired certificate whose key is pinned is the one that is meant', async (t) => {
  const key = rootKey({ from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) })
  t.is(await outcome(await sceneOf(key), byKeys(gun, key.key.canonicalID)), 'ok')
})

interface Authority {
  readonly pem: string
  readonly issuer: NonNullable<CertificateOptions['issuer']>
}

function newAuthority(commonName: string, options: Partial<CertificateOptions> = {}): Authority {
  const { privateKey } = newKey('ecdsa')
  const pem = newCertificate(privateKey, { commonName, isAuthority: true, usages: [], ...options })
  return { pem, issuer: { commonName, privateKey } }
}

/** A root key with its certificate and those between. */
function issued(options: Partial<CertificateOptions>, between: readonly string[] = []): TestKey {
  const { privateKey } = newKey('ecdsa')
  const leaf = newCertificate(privateKey, { commonName: gun, ...options })
  return testKey(privateKey, keyFromCertificate([leaf, ...between].join('')))
}

const serverAuth = '1.3.6.1.5.5.7.3.1'
const clientAuth = '1.3.6.1.5.5.7.3.2'
const codeSigning = '1.3.6.1.5.5.7.3.3'

for (const [name, usages, code] of [
  ['no extended key usage', [], 'ok'],
  ['code signing', [codeSigning], 'ok'],
  ['servers, as stock clients want it', [serverAuth], 'ok'],
  ['clients', [clientAuth], 'TRUST_PIN'],
  ['clients and code signing', [clientAuth, codeSigning], 'ok'],
] as const) {
  test(`a certificate of the pinned authority for ${name}: ${code}`, async (t) => {
    const { pem, issuer } = newAuthority('team CA')
    t.is(await outcome(await sceneOf(issued({ issuer, usages })), byAuthority('localhost:5000/*', pem)), code)
  })
}

test('a root certificate that does not come from the pinned authority', async (t) => {
  const { pem } = newAuthority('team CA')
  const other = newAuthority('team CA')
  t.is(
    await outcome(await sceneOf(issued({ issuer: other.issuer })), byAuthority(gun, pem)),
    'TRUST_PIN',
    'same name, other key',
  )
  t.is(await outcome(await sceneOf(rootKey()), byAuthority(gun, pem)), 'TRUST_PIN', 'self-signed')
  const old = newAuthority('old CA', { from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) })
  t.is(
    await outcome(await sceneOf(issued({ issuer: old.issuer })), byAuthority(gun, old.pem)),
    'TRUST_PIN',
    'expired CA',
  )
})

test('authorities between, which come with the certificate', async (t) => {
  const top = newAuthority('top CA')
  const middle = newAuthority('middle CA', { issuer: top.issuer })
  t.is(await outcome(await sceneOf(issued({ issuer: middle.issuer }, [middle.pem])), byAuthority(gun, top.pem)), 'ok')
  t.is(
    await outcome(await sceneOf(issued({ issuer: middle.issuer })), byAuthority(gun, top.pem)),
    'TRUST_PIN',
    'missing',
  )
  const { privateKey } = newKey('ecdsa')
  const leaf = newCertificate(privateKey, { commonName: 'team', issuer: top.issuer, usages: [] })
  const fake = issued({ issuer: { commonName: 'team', privateKey } }, [leaf])
  t.is(await outcome(await sceneOf(fake), byAuthority(gun, top.pem)), 'TRUST_PIN', 'one that is no CA')
})
