import test from 'ava'
import fc from 'fast-check'
import { readPolicy } from './read-policy.ts'
import { importSherdock } from './sherdock.ts'
import { type SherdockKeys, sherdockKeysOf, withSherdockKeys } from './sherdock-keys.ts'
import { checkFiveWords } from './testing/read.ts'

const keys: SherdockKeys = {
  GCIntervalMinutes: 10,
  PullIntervalMinutes: 30,
  ImagesToPull: ['ubuntu:latest'],
  ImagesToNotGC: ['^rancher/', 'foo.*:dev'],
}
const keepsAll: SherdockKeys = {
  GCIntervalMinutes: 5,
  PullIntervalMinutes: 60,
  ImagesToPull: [],
  ImagesToNotGC: ['.*'],
}

function imported(from: Partial<SherdockKeys>): string {
  const found = importSherdock(JSON.stringify(from))
  if ('text' in found) return found.text
  throw new Error(JSON.stringify(found.problems))
}

function made(text: string, from: Partial<SherdockKeys>): string {
  const found = withSherdockKeys(text, from)
  if (found !== undefined && 'text' in found) return found.text
  throw new Error(JSON.stringify(found))
}

test('keys come out of a policy as they went in', (t) => {
  const pattern = fc.constantFrom('^ub', 'tu:', 'a|b', '.', '(?i)UB', '[a-m]+:', '<none>', '"x"', 'a\\.b', '(a)(b)')
  const image = fc.constantFrom('ubuntu:latest', 'busybox', 'host:5000/a/b:1')
  const minutes = fc.integer({ min: 1, max: 1000 })
  const anyKeys = fc.record({
    GCIntervalMinutes: minutes,
    PullIntervalMinutes: minutes,
    ImagesToPull: fc.uniqueArray(image),
    ImagesToNotGC: fc.array(pattern, { minLength: 1, maxLength: 5 }),
  })
  fc.assert(
    fc.property(anyKeys, (any) => {
      const told = any.ImagesToPull.length === 0 ? { ...any, PullIntervalMinutes: 60 } : any
      t.deepEqual(sherdockKeysOf(imported(any)), told)
      t.deepEqual(sherdockKeysOf(made(imported(keys), any)), told)
    }),
    { numRuns: 30 },
  )
})

test('a policy that nobody wrote keeps all, as does Sherdock that nobody configured', (t) => {
  t.deepEqual(sherdockKeysOf('# Keeps everything\nversion: 1\n'), keepsAll)
  t.is(made('version: 1', keys), imported(keys))
})

test('what a policy says besides stays, and nothing else of it', (t) => {
  const others = 'volumes: { keep: ["data-.*"], olderThan: 7d }\nholds: [{ repo: a/b, reason: x }]\n'
  const before = `${imported(keys).replace('mode: dryRun', 'mode: enforce')}${others}`
  t.deepEqual(sherdockKeysOf(before), keys)
  const read = readPolicy(made(before, { ImagesToNotGC: ['^a'] }), { checkCron: checkFiveWords, source: 'docker' })
  if (!('policy' in read)) return t.fail(JSON.stringify(read.problems))
  const { policy } = read
  t.is(policy.mode, 'enforce')
  t.is(policy.holds.length, 1)
  t.is(policy.volumes?.olderThan, 7 * 86_400_000)
  t.is(policy.limits.maxTags, undefined)
  t.deepEqual(policy.mirror, [])
  t.is(policy.sets[0]?.images.keep.length, 1)
})

const others: readonly (readonly [what: string, text: string])[] = [
  ['rules of its own', 'version: 1\npolicies: [{ id: a, delete: [{ olderThan: { pushed: 1d } }] }]'],
  ['another default', imported(keys).replace('default: delete', 'default: keep')],
  ['another schedule', imported(keys).replace(/everyMinutes: 10.*/, 'cron: "0 3 * * *"')],
  ['a second set', imported(keys).replace('policies:', 'policies:\n  - { id: more, tags: { keep: [a] } }')],
  ['a pattern of another form', imported(keys).replace('".*(?:^rancher/).*"', '"rancher/.*"')],
  ['two patterns in what an import put around one', imported(keys).replace('^rancher/', 'a).*|.*(?:b')],
  ['images that are pulled and not kept', imported(keys).replace(/ +- .*Sherdock kept these.*\n/, '')],
  ['images under other names', imported(keys).replace('"ubuntu:latest", every', '"ubuntu:latest", to: u, every')],
  ['no policy', '['],
]
for (const [what, text] of others)
  test(`neither told nor replaced: ${what}`, (t) => {
    t.not(text, imported(keys))
    t.is(sherdockKeysOf(text), undefined)
    t.is(withSherdockKeys(text, keys), undefined)
  })

test('what is wrong is told with its place', (t) => {
  const wrong = withSherdockKeys('version: 1', { ...keys, ImagesToNotGC: ['a', '('] })
  t.like(wrong, { problems: { 0: { path: 'ImagesToNotGC[1]' } } })
  const empty = withSherdockKeys('version: 1', { ImagesToNotGC: [] })
  t.regex(JSON.stringify(empty), /keeps no image at all/)
})
