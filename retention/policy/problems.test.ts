import test from 'ava'
import { read } from './testing/read.ts'

type Row = readonly [what: string, text: string, path: string, message: RegExp, line?: number]

const set = (lines: string): string => `version: 1\npolicies:\n  - id: a\n    ${lines.replaceAll('\n', '\n    ')}`
const many = (count: number, one: string): string => `[${Array.from({ length: count }, () => one).join(', ')}]`

const rows: readonly Row[] = [
  ['no text', '', '', /expected a map with version, .*found nothing/],
  ['a list', '- 1', '', /expected a map with version, .*found a list/],
  ['no YAML', 'version: [', '', /line 1/, 1],
  ['a key twice', 'version: 1\nmode: enforce\nmode: dryRun', '', /unique: "mode" at line 3/, 3],
  ['too large', `version: 1\n#${' '.repeat(256 * 1024)}`, '', /larger than 256 KiB/],
  ['names for ever more', `a: &a [1,1,1,1]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`, '', /alias/],
  ['no version', 'mode: dryRun', 'version', /is missing/],
  ['version as text', 'version: "1"', 'version', /must be the number 1/, 1],
  ['a mode that there is not', 'version: 1\nmode: enforced', 'mode', /expected one of .*did you mean enforce/, 2],
  ['a default that there is not', 'version: 1\ndefault: remove', 'default', /expected one of keep, delete/, 2],
  ['a key that is an attack', 'version: 1\n__proto__: { a: 1 }', '__proto__', /there is no such key/, 2],
  ['a key that no message can show', 'version: 1\n"a\\nb": 1', '"a\\nb"', /there is no such key/],
  // schedule
  [
    'cron and minutes',
    'version: 1\nschedule: { cron: "* * * * *", everyMinutes: 5 }',
    'schedule',
    /write one of them/,
    2,
  ],
  ['an empty schedule', 'version: 1\nschedule: {}', 'schedule', /neither cron nor everyMinutes/, 2],
  ['no cron', 'version: 1\nschedule: { cron: "daily" }', 'schedule.cron', /has not five words/, 2],
  [
    'no timezone',
    'version: 1\nschedule: { cron: "* * * * *", timezone: Europe/Londn }',
    'schedule.timezone',
    /no timezone/,
  ],
  [
    'a window without cron',
    'version: 1\nschedule: { everyMinutes: 5, window: 1h }',
    'schedule.window',
    /belongs to cron/,
  ],
  ['half a minute', 'version: 1\nschedule: { everyMinutes: 0.5 }', 'schedule.everyMinutes', /1 to 527040/],
  ['a jitter without unit', 'version: 1\nschedule: { everyMinutes: 5, jitter: 10 }', 'schedule.jitter', /found 10/],
  // trash and limits
  ['two times of the trash', 'version: 1\ntrash: { days: 7, keep: 12h }', 'trash', /days and keep/],
  ['days for ever', 'version: 1\ntrash: { days: 999999 }', 'trash.days', /more than 3650/],
  ['more than all', 'version: 1\ntrash: { purgeOnDiskBelow: 101% }', 'trash.purgeOnDiskBelow', /percentage/],
  ['a negative number', 'version: 1\nlimits: { maxTags: -1 }', 'limits.maxTags', /whole number/],
  ['a limit that is off', 'version: 1\nlimits: { maxTags: off }', 'limits.maxTags', /whole number/],
  ['a size without number', 'version: 1\nlimits: { maxBytes: GiB }', 'limits.maxBytes', /size such as/],
  ['plans that no one can apply', 'version: 1\nlimits: { planTtl: 0 }', 'limits.planTtl', /more than 0/],
  // rule sets
  ['a set without id', 'version: 1\npolicies: [{ delete: [{ notPulledFor: 1d }] }]', 'policies[0].id', /is missing/, 2],
  ['an id with a space', 'version: 1\npolicies: [{ id: a b }]', 'policies[0].id', /expected a name/],
  ['a set twice', 'version: 1\npolicies: [{ id: a }, { id: b }, { id: a }]', 'policies[2].id', /that of policies\[0\]/],
  ['101 sets', `version: 1\npolicies: ${many(101, '{ id: a }')}`, 'policies', /101 elements, more than 100/],
  ['sets as a map', 'version: 1\npolicies: { id: a }', 'policies', /expected a list, found a map/],
  ['a key of a set', set('tag: { keep: [a] }'), 'policies[0].tag', /did you mean tags\?/, 4],
  ['a key without a value', set('keep:'), 'policies[0].keep', /is empty/, 4],
  ['an empty include', set('repos: { include: [] }'), 'policies[0].repos.include', /is an empty list/, 4],
  ['one pattern without its list', set('tags: { keep: latest }'), 'policies[0].tags.keep', /expected a list/],
  ['201 patterns', set(`tags: { keep: ${many(201, 'a')} }`), 'policies[0].tags.keep', /more than 200/],
  ['a number as pattern', set('tags: { keep: [1.10] }'), 'policies[0].tags.keep[0]', /found 1.1: put it in quotes/],
  ['an unknown syntax', set('tags: { keep: [a], syntax: globs }'), 'policies[0].tags.syntax', /did you mean glob\?/],
  ['half a pattern', set('tags: { keep: ["^v"] }'), 'policies[0].tags.keep[0]', /the whole text.*write \^v\.\* for/, 4],
  ['the other half', set('tags: { keep: ["rc$"] }'), 'policies[0].tags.keep[0]', /write \.\*rc\$ for/],
  [
    'half a repository',
    set('repos: { include: ["^prod/"] }'),
    'policies[0].repos.include[0]',
    /write \^prod\/\.\* for/,
  ],
  ['half a group', set('group: "^(?<a>.)-"'), 'policies[0].group', /\.\* for all/],
  ['immutable by half', 'version: 1\nimmutable: [{ repos: a, tags: "^v" }]', 'immutable[0].tags', /write \^v\.\* for/],
  ['a glob with a space', set('tags: { keep: ["a b"], syntax: glob }'), 'policies[0].tags.keep[0]', /no name has/],
  ['a glob on images', set('images: { keep: [a], syntax: glob }'), 'policies[0].images.syntax', /no such key/],
  ['referrers that stay', set('referrers: keep'), 'policies[0].referrers', /expected one of followSubject/],
  ['untagged without age', set('untagged: {}'), 'policies[0].untagged.olderThan', /is missing/, 4],
  ['a group without names', set('group: "(.*)-\\\\d+"'), 'policies[0].group', /no named group/],
  ['a group that is none', set('group: "(?<a"'), 'policies[0].group', /invalid named capture/],
  // rules
  [
    'two rules in one',
    set('keep: [{ pulledWithin: 1d, pushedWithin: 1d }]'),
    'policies[0].keep[0]',
    /element of its own/,
  ],
  ['a rule without a word', set('keep: [{}]'), 'policies[0].keep[0]', /is empty/],
  ['a rule as text', set('keep: [pulledWithin]'), 'policies[0].keep[0]', /expected a map with one of/],
  [
    'a rule that there is not',
    set('keep: [{ pulledWithn: 1d }]'),
    'policies[0].keep[0].pulledWithn',
    /mean pulledWithin\?/,
  ],
  [
    'a rule of the other list',
    set('delete: [{ pulledWithin: 1d }]'),
    'policies[0].delete[0].pulledWithin',
    /olderThan/,
  ],
  ['no time at all', set('keep: [{ pulledWithin: 0 }]'), 'policies[0].keep[0].pulledWithin', /more than 0/],
  ['a time without unit', set('delete: [{ notPulledFor: 30 }]'), 'policies[0].delete[0].notPulledFor', /30d, found 30/],
  ['a time beyond all', set('delete: [{ notPulledFor: 99999d }]'), 'policies[0].delete[0].notPulledFor', /100 years/],
  ['an age of nothing', set('delete: [{ olderThan: 90d }]'), 'policies[0].delete[0].olderThan', /\{ pushed: 90d \}/],
  [
    'an age of two',
    set('delete: [{ olderThan: { pushed: 1d, pulled: 1d } }]'),
    'policies[0].delete[0].olderThan',
    /own/,
  ],
  ['none is kept', set('keep: [{ mostRecent: { n: 0 } }]'), 'policies[0].keep[0].mostRecent.n', /keeps nothing/],
  ['no number', set('keep: [{ mostRecent: { by: pushed } }]'), 'policies[0].keep[0].mostRecent.n', /is missing/],
  ['too many', set('keep: [{ mostRecent: { n: 100001 } }]'), 'policies[0].keep[0].mostRecent.n', /more than 100000/],
  ['an order', set('keep: [{ mostRecent: { n: 1, by: pull } }]'), 'policies[0].keep[0].mostRecent.by', /mean pulled\?/],
  [
    'no group',
    set('keep: [{ mostRecent: { n: 1, by: number:a } }]'),
    'policies[0].keep[0].mostRecent.by',
    /no such group/,
  ],
  [
    'another group',
    set('group: "(?<a>.)"\nkeep: [{ mostRecent: { n: 1, by: number:b } }]'),
    'policies[0].keep[0].mostRecent.by',
    /the groups are a$/,
    5,
  ],
  ['no signer', set('keep: [{ signedBy: ["targets/", ok] }]'), 'policies[0].keep[0].signedBy[0]', /targets\/NAME/, 4],
  ['a signer as a map', set('keep: [{ signedBy: [{ key: a }] }]'), 'policies[0].keep[0].signedBy[0]', /a role/],
  ['nobody who signs', set('keep: [{ signedBy: [] }]'), 'policies[0].keep[0].signedBy', /empty list/],
  ['a label that is true', set('keep: [{ label: { a: true } }]'), 'policies[0].keep[0].label.a', /put it in quotes/],
  ['no label', set('keep: [{ label: {} }]'), 'policies[0].keep[0].label', /has no label/],
  ['51 rules', set(`keep: ${many(51, '{ pulledWithin: 1d }')}`), 'policies[0].keep', /more than 50/],
  // all would go
  [
    'a lost list',
    `${set('tags: { delete: [a] }')}\ndefault: delete`,
    'policies[0]',
    /keeps nothing, and default is/,
    3,
  ],
  ['empty lists', `${set('tags: { keep: [] }\nkeep: []')}\ndefault: delete`, 'policies[0]', /keeps nothing/, 3],
  // parts
  ['a hold of nothing', 'version: 1\nholds: [{ reason: r }]', 'holds[0].repo', /is missing/, 2],
  ['a hold without reason', 'version: 1\nholds: [{ repo: a }]', 'holds[0].reason', /is missing/],
  ['a pattern to hold', 'version: 1\nholds: [{ repo: "a/.*", reason: r }]', 'holds[0].repo', /no pattern/],
  [
    'a short digest',
    'version: 1\nholds: [{ repo: a, reason: r, digest: sha256:ab }]',
    'holds[0].digest',
    /64 hex digits/,
  ],
  [
    '30 February',
    'version: 1\nholds: [{ repo: a, reason: r, until: 2027-02-30 }]',
    'holds[0].until',
    /expected a date/,
  ],
  [
    'a time without zone',
    'version: 1\nholds: [{ repo: a, reason: r, until: 2027-02-03T10:00 }]',
    'holds[0].until',
    /date/,
  ],
  ['half a rule', 'version: 1\nimmutable: [{ repos: a }]', 'immutable[0].tags', /is missing/],
  ['no image', 'version: 1\nmirror: [{ image: "Ubuntu" }]', 'mirror[0].image', /must be lower-case/],
  [
    'a digest alone',
    `version: 1\nmirror: [{ image: "a@sha256:${'a'.repeat(64)}" }]`,
    'mirror[0].image',
    /has a digest alone/,
  ],
  ['another condition', 'version: 1\ntriggers: [{ when: cpu > 5%, run: a }]', 'triggers[0].when', /diskFree < 10%/],
  [
    'an id that there is not',
    `${set('delete: [{ notPulledFor: 1d }]')}\ntriggers: [{ when: diskFree < 1%, run: [b] }]`,
    'triggers[0].run[0]',
    /no rule set with id "b"/,
    5,
  ],
  ['nothing to run', `${set('delete: []')}\ntriggers: [{ when: diskFree < 1%, run: [] }]`, 'triggers[0].run', /empty/],
  ['volumes of any age', 'version: 1\nvolumes: { keep: [a] }', 'volumes.olderThan', /is missing/],
  ['a cache of any age', 'version: 1\ncache: {}', 'cache.notUsedFor', /is missing/],
]

for (const [what, text, path, message, line] of rows)
  test(`refused: ${what}`, (t) => {
    const found = read(text)
    const problems = 'problems' in found ? found.problems : []
    const problem = problems.find((one) => one.path === path)
    t.regex(problem?.message ?? JSON.stringify(problems), message)
    if (line !== undefined) t.is(problem?.line, line)
  })

test('a thousand patterns in all, and what they take together, are bounds', (t) => {
  const sets = (count: number, pattern: string): string =>
    Array.from({ length: count }, (_, i) => `  - { id: s${i}, tags: { keep: ${many(200, pattern)} } }`).join('\n')
  const refusedOf = (policies: string): readonly (readonly [string, string])[] => {
    const found = read(`version: 1\npolicies:\n${policies}`)
    return 'problems' in found ? found.problems.map(({ path, message }) => [path, message]) : []
  }
  const together = 'is too much beside the patterns before it: all together are too large'
  t.deepEqual(refusedOf(sets(6, 'a')), [['policies[5].tags.keep[0]', 'is one pattern too many: 1000 in all']])
  t.deepEqual(
    refusedOf(sets(1, "'[a-z]{500}'")).map(([, message]) => message),
    [together],
  )
  t.deepEqual(
    refusedOf(sets(1, `'(?:${'[a-z]?'.repeat(40)}){900}'`)).map(([path, message]) => [path, message.slice(0, 12)]),
    [
      ['policies[0].tags.keep[0]', 'is too large'],
      ['policies[0].tags.keep[1]', together.slice(0, 12)],
    ],
  )
})
