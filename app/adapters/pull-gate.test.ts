import test, { type ExecutionContext } from 'ava'
import {
  type NewCollection,
  type ServiceScene,
  send,
  serviceScene,
} from '../../notary/service/testing/service-scene.ts'
import { parseTargetsRole } from '../../notary/tuf/role.ts'
import type { TestCollection } from '../../notary/tuf/testing/collection.ts'
import { newKey } from '../../notary/tuf/testing/keys.ts'
import type { FileMeta } from '../../notary/tuf/types.ts'
import { memoryTrustCache } from '../../notary/verifier/memory-cache.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import { gunNames } from '../../registry/access/gun-names.ts'
import type { Judge, Judgement } from '../../registry/gate/types.ts'
import { parseName } from '../../registry/protocol/names.ts'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { gateSignatures } from './pull-gate.ts'

const name = parseName('team/app')
const hosts = ['localhost:5000', '127.0.0.1:5000']
const [one, two] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('two'))]
const day = 86_400_000
const [releases, byAnn, byBob] = [
  parseTargetsRole('targets/releases'),
  parseTargetsRole('targets/ann'),
  parseTargetsRole('targets/bob'),
]

/** What is signed of content of three bytes. */
function metaOf(digest: Digest): FileMeta {
  return { length: 3, sha256: Buffer.from(hexOf(digest), 'hex'), sha512: undefined }
}

interface Scene extends ServiceScene {
  readonly collection: (options?: NewCollection) => Promise<TestCollection>
  readonly judge: (require?: unknown) => Judge
  /** Server by URL, for requirements that name one. */
  readonly servers: Map<string, MetadataSource>
}

const firstUse = { notary: { root: { firstUse: true } } }

function scene(t: ExecutionContext): Scene {
  const notary = serviceScene(t)
  const servers = new Map<string, MetadataSource>()
  const signatures = gateSignatures({
    names: () => gunNames(hosts),
    notary: notary.service,
    usual: undefined,
    signatures: () => ({ manifest: async () => undefined, blob: async () => Buffer.of(), referrers: nothing }),
    server: (url) => ({ fetch: async (...asked) => servers.get(url)?.fetch(...asked) }),
    cache: perServer(),
    files: { read: () => '', publicKey: () => newKey('ecdsa').key },
    now: () => notary.clock.now,
  })
  return {
    ...notary,
    servers,
    judge: (require = firstUse) => signatures.judgeFor(JSON.parse(JSON.stringify(require)), 'here'),
  }
}

async function* nothing(): AsyncGenerator<never> {}

function perServer() {
  const caches = new Map<string | undefined, ReturnType<typeof memoryTrustCache>>()
  return (url: string | undefined) => {
    const cache = caches.get(url) ?? memoryTrustCache()
    caches.set(url, cache)
    return cache
  }
}

const judged = async (judge: Judge, tag: string | undefined, digest: Digest, size = 3): Promise<Judgement> =>
  judge.judge(name, { digest, size, tag })

async function reasonOf(judge: Judge, tag: string | undefined, digest: Digest, size = 3): Promise<string> {
  const judgement = await judged(judge, tag, digest, size)
  return judgement.isSigned ? 'signed' : judgement.reason
}

test('what is signed is known by its tag and by its digest, with its length', async (t) => {
  const { service, collection, judge } = scene(t)
  await send(service, (await collection()).addTarget('v1', metaOf(one)))
  t.is(await reasonOf(judge(), 'v1', one), 'signed')
  t.is(await reasonOf(judge(), undefined, one), 'signed')
  t.regex(await reasonOf(judge(), 'v1', two), /team\/app:v1 is sha256:.*, but targets signed sha256:/)
  t.regex(await reasonOf(judge(), 'v2', one), /v2 is not signed by .*; its content is signed as "v1"/)
  t.regex(await reasonOf(judge(), undefined, two), /is not signed by .* under any name/)
  t.regex(await reasonOf(judge(), 'v1', one, 4), /has 4 bytes, but targets signed 3/)
})

test('without a collection nothing is signed', async (t) => {
  t.regex(await reasonOf(scene(t).judge(), 'v1', one), /localhost:5000\/team\/app/)
})

test('a collection under any name of the registry counts, and one under another name does not', async (t) => {
  for (const [gun, expected] of [
    ['127.0.0.1:5000/team/app', true],
    ['evil.example.org/team/app', false],
    ['localhost:5000/team/other', false],
  ] as const) {
    const { service, collection, judge } = scene(t)
    await send(service, (await collection({ gun })).addTarget('v1', metaOf(one)))
    t.is((await judged(judge(), 'v1', one)).isSigned, expected, gun)
  }
})

test('releases come before targets, and a role that a rule names counts alone', async (t) => {
  const { service, collection, judge } = scene(t)
  const key = newKey('ecdsa')
  const made = (await collection()).delegate('targets/releases', [key]).delegate('targets/ann', [newKey('ecdsa')])
  made.addTarget('v1', metaOf(two)).addTarget('v1', metaOf(one), releases).addTarget('v2', metaOf(one))
  await send(service, made)
  t.is(await reasonOf(judge(), 'v1', one), 'signed')
  t.regex(await reasonOf(judge(), 'v1', two), /targets\/releases signed/)
  const annAlone = judge({ notary: { root: { firstUse: true }, roles: 'targets/ann' } })
  t.regex(await reasonOf(annAlone, 'v2', one), /not signed by targets\/ann/)
})

test('keys and thresholds of a rule count', async (t) => {
  const { service, collection, judge } = scene(t)
  const [ann, bob, eve] = [newKey('ecdsa'), newKey('ed25519'), newKey('ecdsa')]
  const made = (await collection()).delegate('targets/ann', [ann]).delegate('targets/bob', [bob])
  made.delegate('targets/releases', [ann]).addTarget('v1', metaOf(one), releases)
  made.addTarget('v1', metaOf(one), byAnn).addTarget('v1', metaOf(one), byBob)
  made.addTarget('v2', metaOf(two), releases)
  await send(service, made)
  const by = (keys: readonly string[], threshold: number): Judge =>
    judge({ notary: { root: { firstUse: true }, keys, threshold } })
  const ids = [ann, bob, eve].map(({ key }) => key.canonicalID)
  t.is(await reasonOf(by(ids, 2), 'v1', one), 'signed')
  t.regex(await reasonOf(by(ids, 3), 'v1', one), /signed by 2 of the 3 keys/)
  t.regex(await reasonOf(by(ids.slice(2), 1), 'v1', one), /0 of the 1 keys/)
  t.regex(await reasonOf(by(ids, 2), 'v2', two), /1 of the 3 keys/)
})

test('a root that is not the one of the rule is not believed', async (t) => {
  const { service, collection, judge } = scene(t)
  const made = (await collection()).addTarget('v1', metaOf(one))
  await send(service, made)
  const pinned = (key: string): Judge => judge({ notary: { root: { keys: [key] } } })
  t.is(await reasonOf(pinned(made.keysOf('root')[0]?.key.canonicalID ?? ''), 'v1', one), 'signed')
  t.regex(await reasonOf(pinned(newKey('ecdsa').key.canonicalID), 'v1', one), /none of the keys that are pinned/)
})

test('what changes in the notary counts at once', async (t) => {
  const { service, collection, judge } = scene(t)
  const judging = judge()
  t.false((await judged(judging, 'v1', one)).isSigned)
  const made = await collection()
  const versions = [await judging.version(name)]
  const changed = async (change: Promise<unknown>): Promise<void> => {
    await change
    t.is(judging.peekVersion(name), undefined)
    versions.push(await judging.version(name))
    t.is(judging.peekVersion(name), versions.at(-1))
  }
  await changed(send(service, made.addTarget('v1', metaOf(one))))
  t.true((await judged(judging, 'v1', one)).isSigned)
  await changed(send(service, made.removeTarget('v1'), ['targets', 'snapshot']))
  t.false((await judged(judging, 'v1', one)).isSigned)
  await changed(send(service, made.addTarget('v1', metaOf(two)), ['targets', 'snapshot']))
  await changed(service.remove(made.gun))
  t.false((await judged(judging, 'v1', two)).isSigned)
  t.is(new Set(versions).size, 5)
})

test('a judgement is good until the first file of the collection is over, and then it is not', async (t) => {
  const { service, clock, collection, judge, signer } = scene(t)
  await send(service, (await collection({ held: ['timestamp', 'snapshot'] })).addTarget('v1', metaOf(one)), [
    'root',
    'targets',
  ])
  const judging = judge()
  const judgement = await judged(judging, 'v1', one)
  t.true(judgement.isSigned && judgement.until > clock.now + 13 * day && judgement.until <= clock.now + 14 * day)
  signer.setDown(true)
  clock.now += 15 * day
  t.is(judging.peekVersion(name), undefined)
  t.false((await judged(judging, 'v1', one)).isSigned)
})

test('requirements are read as those of a policy, and what cannot be met here is refused', (t) => {
  const { judge } = scene(t)
  for (const [require, problem] of [
    [{ notary: {} }, /here\.notary: .*root/],
    [{ notary: { root: { firstUse: true }, role: 'x' } }, /here\.notary/],
    ['accept', /here/],
    [{ cosign: {} }, /here\.cosign/],
  ] as const)
    t.throws(() => judge(require), { code: 'SERVER_CONFIG_INVALID', message: problem })
  const signatures = gateSignatures({
    names: () => gunNames(hosts),
    notary: undefined,
    usual: undefined,
    signatures: () => ({ manifest: async () => undefined, blob: async () => Buffer.of(), referrers: nothing }),
    server: () => ({ fetch: async () => undefined }),
    cache: perServer(),
    files: { read: () => '', publicKey: () => newKey('ecdsa').key },
    now: Date.now,
  })
  t.throws(() => signatures.judgeFor(firstUse, 'here'), { message: /no notary runs here/ })
  t.notThrows(() =>
    signatures.judgeFor({ notary: { server: 'https://notary.example.org', root: { firstUse: true } } }, 'here'),
  )
})

test('words of a policy count as well', async (t) => {
  const { judge } = scene(t)
  t.true((await judged(judge('insecureAcceptAnything'), 'v1', one)).isSigned)
  t.regex(await reasonOf(judge('reject'), 'v1', one), /lets no image/)
})

/** A trust server with what was published last. */
async function remote(made: TestCollection): Promise<MetadataSource> {
  const { served } = await made.publish()
  return { fetch: async (gun, file) => (gun === made.gun ? served.get(file) : undefined) }
}

const far = 'https://notary.example.org'
const unreachable: MetadataSource = {
  fetch: async () => Promise.reject(new IbuildError('TRUST_UNREACHABLE', 'the server is away')),
}

test('of a server elsewhere is asked every now and then', async (t) => {
  const { clock, collection, judge, servers } = scene(t)
  const made = (await collection()).addTarget('v1', metaOf(one))
  servers.set(far, await remote(made))
  const judging = judge({ notary: { server: far, root: { firstUse: true } } })
  t.true((await judged(judging, 'v1', one)).isSigned)
  servers.set(far, await remote(made.addTarget('v1', metaOf(two))))
  const version = await judging.version(name)
  t.is(judging.peekVersion(name), version)
  clock.now += 60_000
  t.is(judging.peekVersion(name), undefined)
  t.not(await judging.version(name), version)
  t.false((await judged(judging, 'v1', one)).isSigned)
})

test('when a server elsewhere is away nothing is signed, or what was is as long as the rule says', async (t) => {
  const { clock, collection, judge, servers } = scene(t)
  servers.set(far, await remote((await collection()).addTarget('v1', metaOf(one))))
  const root = { firstUse: true }
  const strict = judge({ notary: { server: far, root } })
  const patient = judge({ notary: { server: far, root, unreachable: 'lastKnownGood', maxAge: '1h' } })
  for (const judging of [strict, patient]) t.true((await judged(judging, 'v1', one)).isSigned)
  const start = clock.now
  servers.set(far, unreachable)
  clock.now += 60_000
  t.regex(await reasonOf(strict, 'v1', one), /away/)
  const kept = await judged(patient, 'v1', one)
  t.deepEqual(kept, { isSigned: true, until: start + 3_600_000 })
  clock.now = start + 3_700_000
  t.false((await judged(patient, 'v1', one)).isSigned)
})

test('a repository whose name is too long for a collection is refused, and nothing breaks', async (t) => {
  const judge = scene(t).judge()
  const long = parseName('a'.repeat(250))
  t.is(judge.peekVersion(long), await judge.version(long))
  const judgement = await judge.judge(long, { digest: one, size: 3, tag: 'v1' })
  t.deepEqual(judgement, { isSigned: false, reason: 'nobody can have signed it' })
})
