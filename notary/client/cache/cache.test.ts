import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { parseGun } from '../../tuf/gun.ts'
import { parseRole } from '../../tuf/role.ts'
import type { RoleName } from '../../tuf/types.ts'
import { memoryTrustCache } from '../../verifier/memory-cache.ts'
import type { RememberedContent, TrustCache } from '../../verifier/types.ts'
import { folderTrustCache } from './folder-cache.ts'
import { folderName } from './folder-name.ts'
import { readTrustFile, writeTrustFile } from './trust-file.ts'

const gun = parseGun('localhost:5000/team/app')
const other = parseGun('localhost:5000/team/other')

function content(text: string, confirmedAt = 1_700_000_000_000): RememberedContent {
  const file = (role: string): [RoleName, Buffer] => [parseRole(role), Buffer.from(`${role} ${text}\n`)]
  return {
    root: Buffer.from(`root ${text}`),
    anchor: 'firstUse',
    collection: new Map(['timestamp', 'snapshot', 'targets', 'targets/a'].map(file)),
    floors: new Map(['targets/b', 'timestamp'].map(file)),
    confirmedAt,
  }
}

const makers: Readonly<Record<string, (t: ExecutionContext) => TrustCache>> = {
  memory: memoryTrustCache,
  folder: (t) => folderTrustCache(join(temporaryFolder(t), 'deep/trust')),
}

async function loaded(cache: TrustCache, name = gun): Promise<RememberedContent | undefined> {
  const found = await cache.load(name)
  if (found === undefined) return undefined
  const { revision, ...rest } = found
  return revision === '' ? undefined : rest
}

for (const [name, make] of Object.entries(makers)) {
  test(`${name}: what was saved is loaded, each collection for itself`, async (t) => {
    const cache = make(t)
    t.is(await cache.load(gun), undefined)
    t.true(await cache.save(gun, content('one'), undefined))
    t.deepEqual(await loaded(cache), content('one'))
    t.is(await cache.load(other), undefined)
    t.true(await cache.save(other, content('two'), undefined))
    t.deepEqual(await loaded(cache), content('one'))
  })

  test(`${name}: only who knows what is there replaces it`, async (t) => {
    const cache = make(t)
    t.true(await cache.save(gun, content('one'), undefined))
    const first = await cache.load(gun)
    t.false(await cache.save(gun, content('other'), undefined))
    t.true(await cache.save(gun, content('two'), first))
    t.false(await cache.save(gun, content('three'), first))
    t.deepEqual(await loaded(cache), content('two'))
  })

  test(`${name}: of many who replace the same state at once one succeeds`, async (t) => {
    const cache = make(t)
    for (let round = 0; round < 5; round++) {
      const since = await cache.load(gun)
      const texts = Array.from({ length: 8 }, (_, i) => `${round}.${i}`)
      const results = await Promise.all(texts.map((text) => cache.save(gun, content(text), since)))
      t.deepEqual(
        results.filter((isSaved) => isSaved),
        [true],
      )
      t.deepEqual(await loaded(cache), content(texts[results.indexOf(true)] ?? ''))
    }
  })

  test(`${name}: when it was confirmed is remembered without changing anything else`, async (t) => {
    const cache = make(t)
    await cache.confirm(gun, 5000)
    await cache.save(gun, content('one'), undefined)
    const before = await cache.load(gun)
    await cache.confirm(gun, 1_700_000_123_000)
    t.deepEqual(await cache.load(gun), before && { ...before, confirmedAt: 1_700_000_123_000 })
    t.true(await cache.save(gun, content('two'), before), 'it is still the same state')
    t.is((await cache.load(gun))?.confirmedAt, 1_700_000_000_000)
  })

  test(`${name}: what is removed is not known any more`, async (t) => {
    const cache = make(t)
    await cache.remove(gun)
    await cache.save(gun, content('one'), undefined)
    await cache.save(other, content('two'), undefined)
    await cache.remove(gun)
    t.is(await cache.load(gun), undefined)
    t.true(await cache.save(gun, content('three'), undefined))
    t.deepEqual(await loaded(cache, other), content('two'))
  })
}

test('a folder has one file for each collection, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  const cache = folderTrustCache(join(folder, 'trust'))
  for (const text of ['one', 'two', 'three']) await cache.save(gun, content(text), await cache.load(gun))
  const own = join(folder, 'trust', folderName(gun))
  t.deepEqual(readdirSync(own), ['3'])
  t.is(statSync(join(own, '3')).mode & 0o777, 0o600)
  t.is(statSync(own).mode & 0o777, 0o700)
})

for (const [name, damage] of [
  ['cut off', (file: Buffer) => file.subarray(0, -1)],
  ['empty', () => Buffer.of()],
  [
    'with a byte changed',
    (file: Buffer) => Buffer.from(file.toString('latin1').replace('root one', 'root eno'), 'latin1'),
  ],
  ['of another collection', () => writeTrustFile(other, content('one'))],
] as const) {
  test(`a file ${name} is no reason to begin anew: it is refused, with what to do`, async (t) => {
    const folder = temporaryFolder(t)
    const cache = folderTrustCache(folder)
    await cache.save(gun, content('one'), undefined)
    const file = join(folder, folderName(gun), '1')
    writeFileSync(file, damage(readFileSync(file)))
    const error = await t.throwsAsync(cache.load(gun), { code: 'TRUST_CACHE_INVALID' })
    t.true(error.message.includes(join(folder, folderName(gun))))
    await cache.remove(gun)
    t.is(await cache.load(gun), undefined)
  })
}

test('what a killed process left is removed when nobody can be at work on it any more', async (t) => {
  const folder = temporaryFolder(t)
  const [cache, later] = [folderTrustCache(folder), folderTrustCache(folder, () => Date.now() + 2 * 60 * 60 * 1000)]
  await cache.save(gun, content('one'), undefined)
  const own = join(folder, folderName(gun))
  writeFileSync(join(own, '.1-abc'), 'half')
  await cache.save(gun, content('two'), await cache.load(gun))
  t.deepEqual(readdirSync(own), ['.1-abc', '2'])
  await later.save(gun, content('three'), await cache.load(gun))
  t.deepEqual(readdirSync(own), ['3'])
  t.deepEqual(await loaded(cache), content('three'))
})

test('names of folders have no separators, are short enough, and differ where collections differ', (t) => {
  const part = fc.stringMatching(/^[a-z0-9]{1,40}(?:[._-][a-z0-9]{1,9}){0,3}$/)
  const host = fc.stringMatching(/^[a-zA-Z0-9]{1,20}(?:\.[a-zA-Z0-9]{1,9})?(?::[1-9][0-9]{0,3})?$/)
  const guns = fc
    .tuple(host, fc.array(part, { minLength: 1, maxLength: 6 }))
    .map(([first, rest]) => [first, ...rest].join('/'))
    .filter((text) => text.length <= 255)
    .map(parseGun)
  fc.assert(
    fc.property(guns, guns, (a, b) => {
      for (const name of [folderName(a), folderName(b)]) {
        t.regex(name, /^[a-z0-9%~_-][a-z0-9%~._-]*$/)
        t.true(name.length < 250)
      }
      t.is(folderName(a) === folderName(b), a === b)
    }),
  )
  const long = `host.example:5000/${'a'.repeat(200)}`
  t.not(folderName(parseGun(`${long}b`)), folderName(parseGun(`${long}c`)))
})

test('any bytes of a file are read or refused with a reason', (t) => {
  const file = writeTrustFile(gun, content('one'))
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const copy = Buffer.from(file)
      copy[at] = (copy[at] ?? 0) ^ change
      t.is(typeof readTrustFile(gun, copy), 'string')
    }),
  )
})
