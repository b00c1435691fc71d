import test from 'ava'
import { agoText, durationText } from './ages.ts'
import { decided, inventoryOf, itemOf, repository, shelf, tag } from './testing/items.ts'
import { day, noLimits, policyOf, type SetParts } from './testing/policies.ts'
import { wantsOf } from './wants.ts'

test('times for people', (t) => {
  t.deepEqual([day, 36e5 * 36, 90 * day, 60_000, 1500].map(durationText), [
    '1 day',
    '36 hours',
    '90 days',
    '1 minute',
    '1500 milliseconds',
  ])
  t.is(durationText(0), '0 milliseconds')
  const now = 1e12
  t.deepEqual(
    [1.9 * day, 25 * 36e5, 59_999, 1, 0, -5].map((passed) => agoText(now, now - passed)),
    ['1 day ago', '1 day ago', '59 seconds ago', '1 millisecond ago', 'just now', 'just now'],
  )
})

async function abouts(items: readonly ReturnType<typeof tag>[], set: SetParts, limits = noLimits): Promise<string[]> {
  const { decisions } = await decided(inventoryOf([shelf(items)]), { policy: policyOf([set], { limits }) })
  return decisions.map(({ about }) => about)
}

test('ranks for people', async (t) => {
  const items = Array.from({ length: 13 }, (_, i) => tag(`main-${i}`, { pushed: i }))
  const set = {
    deleteTags: ['.*'],
    group: '(?<branch>.+)-\\d+',
    keep: [{ kind: 'mostRecent', n: 12, by: 'pushed' } as const],
  }
  const found = await abouts([...items, tag('x')], set)
  t.is(found[0], 'the 1st of 12 kept in group branch=main')
  t.is(found[1], 'the 2nd of 12 kept in group branch=main')
  t.is(found[2], 'the 3rd of 12 kept in group branch=main')
  t.is(found[10], 'the 11th of 12 kept in group branch=main')
  t.is(found[12], 'the pattern .*')
  t.is(found[13], 'the 1st of 12 kept of those in no group')
})

test('a limit says what would be without it', async (t) => {
  const [first, second] = await abouts(
    [tag('a'), tag('b')],
    { deleteTags: ['.*'] },
    { ...noLimits, minRemainingPerRepo: 1 },
  )
  t.is(first, 'the pattern .*')
  t.is(second, '1 tag must remain in the repository; else it would go: DELETE_REGEX, the pattern .*')
})

test('who signed, and what is labelled', async (t) => {
  const keep = [
    { kind: 'signedBy', anyOf: ['ops'] },
    { kind: 'label', labels: [['keep', 'yes']] },
  ] as const
  const items = [tag('a', { signedBy: ['ops'] }), tag('b', { labels: { keep: 'yes' } }), itemOf('untagged', 'u')]
  t.deepEqual(await abouts(items, { keep }), [
    'signed by ops',
    'labelled keep=yes',
    'no rule speaks of what has no tag',
  ])
})

const wants: readonly [name: string, set: SetParts, wanted: string][] = [
  ['nothing', { deleteTags: ['.*'], keep: [{ kind: 'mostRecent', n: 1, by: 'pushed' }] }, ''],
  ['times of creation, to count', { keep: [{ kind: 'mostRecent', n: 1, by: 'created' }] }, 'created'],
  ['times of creation, for an age', { delete: [{ kind: 'olderThan', by: 'created', time: 1 }] }, 'created'],
  ['no times of creation for other ages', { delete: [{ kind: 'olderThan', by: 'pulled', time: 1 }] }, ''],
  ['labels', { keep: [{ kind: 'label', labels: [['a', 'b']] }] }, 'labels'],
  ['signatures of collections', { keep: [{ kind: 'signedBy', anyOf: ['targets', 'targets/a'] }] }, 'signatures'],
  ['signatures by keys', { keep: [{ kind: 'signedBy', anyOf: ['a', 'targets'] }] }, 'signatures,keys'],
  ['nothing of repositories that it does not speak of', { include: ['x'], keep: [{ kind: 'label', labels: [] }] }, ''],
]
for (const [name, set, wanted] of wants) {
  test(`a policy wants ${name}`, (t) => {
    const found = Object.entries(wantsOf(policyOf([{}, set]), repository)).filter(([, isWanted]) => isWanted)
    t.is(found.map(([key]) => key).join(), wanted)
  })
}
