import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { ownAlgorithm, verifierOf } from './jwt.ts'
import { openSigningKeys, type SigningKeys } from './signing-keys.ts'
import { minute } from './testing/token-registry.ts'

const day = 24 * 60 * minute

interface Opened {
  readonly keys: SigningKeys
  readonly clock: { now: number }
  readonly folder: string
}

async function open(t: ExecutionContext, folder = join(temporaryFolder(t), 'token-keys')): Promise<Opened> {
  const clock = { now: Date.now() }
  const keys = await openSigningKeys({
    folder,
    rotateAfter: () => 7 * day,
    tokenLife: () => 5 * minute,
    now: () => clock.now,
    onNotice: () => t.fail(),
  })
  return { keys, clock, folder }
}

const kids = ({ publicKeys }: SigningKeys): string[] => publicKeys.map(({ kid }) => kid)

async function isGood({ keys, clock }: Opened, token: string): Promise<boolean> {
  const expected = { algorithms: [ownAlgorithm], issuer: 'i', audience: 'a', claims: [], now: () => clock.now }
  return verifierOf(
    keys.publicKeys,
    expected,
  )(token).then(
    () => true,
    () => false,
  )
}

test('keys are made once, for their owner alone', async (t) => {
  const first = await open(t)
  const second = await open(t, first.folder)
  t.deepEqual(kids(second.keys), kids(first.keys))
  t.deepEqual(second.keys.uploadSecret, first.keys.uploadSecret)
  t.is(statSync(first.folder).mode & 0o777, 0o700)
  t.is(statSync(join(first.folder, 'keys.json')).mode & 0o777, 0o600)
  t.notDeepEqual(kids((await open(t)).keys), kids(first.keys))
})

test('an old key gives way to another one, and is known until its last token is over', async (t) => {
  const opened = await open(t)
  const { keys, clock, folder } = opened
  const claims = { iss: 'i', aud: 'a' }
  const old = await keys.sign(claims)
  const [first] = kids(keys)
  clock.now += 7 * day + 1
  const [fresh, same] = await Promise.all([keys.sign(claims), keys.sign(claims)])
  t.is(kids(keys).length, 2, 'two at once make one')
  t.is(kids(keys)[0], first)
  t.deepEqual([await isGood(opened, old), await isGood(opened, fresh), await isGood(opened, same)], [true, true, true])
  const stored = readFileSync(join(folder, 'keys.json'), 'utf8')
  t.is(stored.match(/"d":/g)?.length, 1, 'of the old one nothing secret is left')

  const again = await open(t, folder)
  again.clock.now = clock.now
  t.deepEqual(kids(again.keys), kids(keys))
  clock.now += 6 * minute + 1
  t.deepEqual([await isGood(opened, old), await isGood(opened, fresh)], [false, true])
  t.is(kids(keys).length, 1)
})

test('a key gives way at once when somebody says so, and one that is revoked is known no more', async (t) => {
  const opened = await open(t)
  const { keys, folder } = opened
  const claims = { iss: 'i', aud: 'a' }
  const [first, secret] = [await keys.sign(claims), keys.uploadSecret]
  t.deepEqual(await keys.rotate(false), { key: kids(keys)[1] ?? '', earlier: 1 })
  const second = await keys.sign(claims)
  t.deepEqual([await isGood(opened, first), await isGood(opened, second)], [true, true])
  t.deepEqual(keys.uploadSecret, secret)

  // Whoever asks for less at the same moment takes nothing of it back.
  const [, revoked] = await Promise.all([keys.rotate(false), keys.rotate(true), keys.rotate(false)])
  t.is(revoked.earlier, 0)
  t.deepEqual([await isGood(opened, first), await isGood(opened, second)], [false, false])
  t.true(await isGood(opened, await keys.sign(claims)))
  t.notDeepEqual(keys.uploadSecret, secret)
  const again = await open(t, folder)
  t.deepEqual([kids(again.keys), again.keys.uploadSecret], [kids(keys), keys.uploadSecret])
  t.false(await isGood(again, first))
})

test('a key that cannot be written is none, and nothing is revoked', async (t) => {
  const opened = await open(t)
  const { keys, folder } = opened
  const [token, before, secret] = [await keys.sign({ iss: 'i', aud: 'a' }), kids(keys), keys.uploadSecret]
  rmSync(folder, { recursive: true })
  await t.throwsAsync(keys.rotate(true), { code: 'ENOENT' })
  t.deepEqual([kids(keys), keys.uploadSecret], [before, secret])
  t.true(await isGood(opened, token))
})

test('when no other key can be written the old one is used on, and that is told', async (t) => {
  const folder = join(temporaryFolder(t), 'token-keys')
  const notices: string[] = []
  let now = Date.now()
  const keys = await openSigningKeys({
    folder,
    rotateAfter: () => day,
    tokenLife: () => minute,
    now: () => now,
    onNotice: (notice) => notices.push(notice),
  })
  rmSync(folder, { recursive: true })
  now += 2 * day
  t.is(typeof (await keys.sign({})), 'string')
  t.is(notices.length, 1)
  t.regex(notices[0] ?? '', /ENOENT/)
})

const damaged: Readonly<Record<string, string>> = {
  'what is no JSON': '{"uploads":"SECRET',
  'no keys': JSON.stringify({ uploads: 'a'.repeat(43), keys: [] }),
  'a short secret': JSON.stringify({ uploads: 'SECRET', keys: [] }),
  'a key of another kind': JSON.stringify({
    uploads: 'a'.repeat(43),
    keys: [{ made: 1, jwk: { kty: 'RSA', n: 'SECRET' } }],
  }),
  nothing: '',
}

for (const [what, text] of Object.entries(damaged)) {
  test(`a file of keys with ${what} is told, with nothing of it`, async (t) => {
    const { folder } = await open(t)
    writeFileSync(join(folder, 'keys.json'), text)
    const error = await t.throwsAsync(open(t, folder))
    t.true(isIbuildError(error, 'TOKEN_KEYS_INVALID'), String(error))
    t.notRegex(String(error), /SECRET/)
  })
}
