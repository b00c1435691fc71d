import { readFileSync } from 'node:fs'
import test from 'ava'
import { BadPattern, goMatch, hasWildcard } from './go-match.ts'

type Row = readonly [pattern: string, name: string, expected: boolean | null]

const table = new URL('../../testdata/context/go-match.json', import.meta.url)
const rows = JSON.parse(readFileSync(table, 'utf8')) as readonly Row[]

test('every row of the table agrees with filepath.Match', (t) => {
  const wrong = rows.filter(([pattern, name, expected]) => verdict(pattern, name) !== expected)
  t.deepEqual(wrong, [])
  t.true(rows.length > 1000)
})

test('wildcards are *, ? and [ without a backslash', (t) => {
  for (const word of ['*', 'a?', '[a]', 'a[', '\\\\*']) t.true(hasWildcard(word), word)
  for (const word of ['', 'a', '\\*', 'a\\?b', '\\[a]', ']', 'a\\']) t.false(hasWildcard(word), word)
})

function verdict(pattern: string, name: string): boolean | null {
  try {
    return goMatch(pattern, name)
  } catch (error) {
    if (error instanceof BadPattern) return null
    throw error
  }
}
