import test from 'ava'
import { blankEntry } from '../layers/testing/entries.ts'
import { isOwnTime, type OwnTimes, ownTimesOfJson, ownTimesToJson, sameTimes } from './own-times.ts'

const window = { from: 7_100_200_300_400n, to: 7_101_500_000_000n }
const rows: [what: string, mtime: bigint, isOwn: boolean][] = [
  ['the first moment', window.from, true],
  ['the last moment', window.to, true],
  ['just before', window.from - 1n, false],
  ['just after', window.to + 1n, false],
  ['in the window and whole seconds', 7_101_000_000_000n, true],
  ['the second in which it began', 7_100_000_000_000n, true],
  ['the second before', 7_099_000_000_000n, false],
  ['the second after', 7_102_000_000_000n, false],
  ['the millisecond in which it began', 7_100_200_000_000n, true],
  ['the millisecond before', 7_100_199_000_000n, false],
  ['the microsecond in which it began', 7_100_200_300_000n, true],
  ['the microsecond before', 7_100_200_299_000n, false],
  ['half a second before', 7_099_600_200_300n, false],
  ['1970', 0n, false],
  ['before 1970', -7_100_000_000_000n, false],
]
for (const [what, mtime, isOwn] of rows) {
  test(`the window of a run ${isOwn ? 'has' : 'has not'} ${what}`, (t) => {
    t.is(isOwnTime(mtime, window), isOwn)
  })
}

test('a step that gave one time cut none', (t) => {
  const given = { from: 7_100_200_300_400n, to: 7_100_200_300_400n }
  t.true(isOwnTime(given.from, given))
  t.false(isOwnTime(7_100_000_000_000n, given))
})

const [early, late]: OwnTimes[] = [
  { from: 1_000n, to: 2_000n },
  { from: 5_001n, to: 6_000n },
]
const pairs: [what: string, before: readonly bigint[], after: readonly bigint[], same: boolean][] = [
  ['nothing', [], [], true],
  ['each in its own run', [1_500n, 1_000n], [5_500n, 6_000n], true],
  ['equal ones of neither run', [7n], [7n], true],
  ['equal ones, of the first run only', [1_500n], [1_500n], true],
  ['equal ones, cut into the second run only', [5_000n], [5_000n], true],
  ['other ones of neither run', [7n], [8n], false],
  ['one of the first run only', [1_500n], [8n], false],
  ['one of the second run only', [8n], [5_500n], false],
  ['one more', [7n], [7n, 7n], false],
  ['one less', [7n, 7n], [7n], false],
  ['a difference at the end', [7n, 1_500n, 7n], [7n, 5_500n, 8n], false],
]
for (const [what, before, after, same] of pairs) {
  test(`times are ${same ? 'the same' : 'not the same'}: ${what}`, (t) => {
    const diffOf = (times: readonly bigint[], own = early) => ({
      entries: times.map((mtime, i) => blankEntry(`f${i}`, 'file', { mtime })),
      own: own ?? t.fail(),
    })
    t.is(sameTimes(diffOf(before), diffOf(after, late)), same)
  })
}

test('a record gives back what it keeps; anything else is nothing', (t) => {
  const own = { from: -5n, to: 1_763_733_000_123_456_789n }
  t.deepEqual(ownTimesOfJson(ownTimesToJson(own)), own)
  for (const value of [undefined, 1, {}, { from: '1' }, { from: '1', to: 'x' }, { from: 1, to: 2 }]) {
    t.is(ownTimesOfJson(value), undefined)
  }
})
