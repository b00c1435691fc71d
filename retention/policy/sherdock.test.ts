import test from 'ava'
import fc from 'fast-check'
import { readPolicy } from './read-policy.ts'
import { importSherdock } from './sherdock.ts'
import { checkFiveWords, policyIn } from './testing/read.ts'

const config = `GCIntervalMinutes: 10
PullIntervalMinutes: 30
ImagesToPull:
  - ubuntu:latest
ImagesToNotGC:
  - ^rancher/
  - "foo.*:dev"
`

function imported(text: string): string {
  const found = importSherdock(text)
  if ('text' in found) return found.text
  throw new Error(JSON.stringify(found.problems))
}

test('the four keys become a policy that removes nothing yet', (t) => {
  const text = imported(config)
  const read = readPolicy(text, { checkCron: checkFiveWords, source: 'docker' })
  t.true('policy' in read)
  t.deepEqual([...read.warnings], [])
  const policy = policyIn(text)
  t.is(policy.default, 'delete')
  t.is(policy.mode, 'dryRun')
  t.deepEqual(policy.schedule, { kind: 'every', every: 600_000, jitter: 0 })
  t.deepEqual(policy.mirror, [{ path: 'mirror[0]', image: 'ubuntu:latest', to: undefined, every: 1_800_000 }])
  t.deepEqual(
    { ...policy.limits },
    {
      maxTags: undefined,
      maxPercentPerRepo: undefined,
      maxBytes: undefined,
      minRemainingPerRepo: 0,
      planLife: 3_600_000,
    },
  )
  t.deepEqual(policy.sets[0]?.untagged, { olderThan: 0, unlessPulledWithin: undefined })
  for (const key of ['GCIntervalMinutes', 'PullIntervalMinutes', 'ImagesToPull', 'ImagesToNotGC', 'enforce'])
    t.true(text.includes(key), key)
})

test('what Sherdock did by default: keep all', (t) => {
  const text = imported('GCIntervalMinutes: 5\nImagesToNotGC: [".*"]')
  t.is(policyIn(text).sets[0]?.untagged, undefined)
  t.deepEqual(policyIn(text).mirror, [])
  const read = readPolicy(text, { checkCron: checkFiveWords, source: 'docker' })
  t.regex(read.warnings[0]?.message ?? '', /fits every tag/)
})

test('keys in lower case are those that Sherdock wrote itself', (t) => {
  const lower = config.replaceAll(/^\w+(?=:)/gm, (key) => key.toLowerCase())
  t.is(imported(lower), imported(config))
})

test('an image stays exactly when Sherdock kept it', (t) => {
  const pattern = fc.constantFrom('^ub', 'tu:', 'a|b', 'latest$', '.', 'x{2}', '(?i)UB', '[a-m]+:', 'api', '^api:v1$')
  const name = fc.constantFrom('ubuntu', 'api', 'team/api', 'host:5000/xx', 'busybox', 'zz', '<none>')
  const tag = fc.constantFrom('latest', 'v1', 'v10', '3', '<none>')
  const native = (one: string): RegExp => (one.startsWith('(?i)') ? new RegExp(one.slice(4), 'i') : new RegExp(one))
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(name, tag)),
      (patterns, images) => {
        const [set] = policyIn(imported(JSON.stringify({ ImagesToNotGC: patterns }))).sets
        const untagged = patterns.some((one) => native(one).test('<none>:<none>'))
        return (
          (set?.untagged === undefined) === untagged &&
          images.every(([repository, of]) => {
            const image = `${repository}:${of}`
            const isKept = patterns.some((one) => native(one).test(image))
            return isKept === set?.images.keep.some((one) => one.matches(image))
          })
        )
      },
    ),
    { numRuns: 300 },
  )
  t.pass()
})

const refused: readonly (readonly [what: string, text: string, path: string, message: RegExp, line?: number])[] = [
  [
    'a bad pattern',
    'GCIntervalMinutes: 5\nImagesToNotGC:\n  - "["',
    'ImagesToNotGC[0]',
    /missing closing \].*Sherdock deleted/,
    3,
  ],
  ['a pattern that closes what it did not open', 'ImagesToNotGC: ["a)|(b"]', 'ImagesToNotGC[0]', /unexpected \)/, 1],
  ['a pattern that is a number', 'ImagesToNotGC: [1]', 'ImagesToNotGC[0]', /put it in quotes/],
  ['a list that is missing', 'GCIntervalMinutes: 5', '', /no ImagesToNotGC/],
  ['empty lists', 'ImagesToPull: []\nImagesToNotGC: []', '', /keeps no image at all/],
  ['an unknown key', 'ImagesToNotGc: [a]\nImageToPull: []', 'ImageToPull', /did you mean ImagesToPull/, 2],
  ['no image', 'ImagesToNotGC: [a]\nImagesToPull: ["A B"]', 'ImagesToPull[0]', /lower-case/, 2],
  ['no minutes', 'ImagesToNotGC: [a]\nGCIntervalMinutes: 0', 'GCIntervalMinutes', /whole number of minutes/, 2],
  ['no YAML', 'ImagesToNotGC: [', '', /line 1/, 1],
  ['too large', ' '.repeat(64 * 1024 + 1), '', /larger than 64 KiB/],
]
for (const [what, text, path, message, line] of refused)
  test(`refused: ${what}`, (t) => {
    const found = importSherdock(text)
    const problems = 'problems' in found ? found.problems : []
    const problem = problems.find((one) => one.path === path)
    t.regex(problem?.message ?? JSON.stringify(problems), message)
    if (line !== undefined) t.is(problem?.line, line)
    t.is(problems.length, 1)
  })
