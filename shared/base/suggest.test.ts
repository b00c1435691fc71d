import test from 'ava'
import { suggest } from './suggest.ts'

const words = ['RUN', 'COPY', 'FROM', 'HEALTHCHECK', '--from', 'build']

const rows: readonly [string, string | undefined][] = [
  ['RUNN', 'RUN'],
  ['RNU', 'RUN'],
  ['UN', 'RUN'],
  ['run', 'RUN'],
  ['cpoy', 'COPY'],
  ['Build', 'build'],
  ['--form', '--from'],
  ['HELTHCHEK', 'HEALTHCHECK'],
  ['RUN', undefined],
  ['AN', undefined],
  ['XYZ', undefined],
  ['HEALTH', undefined],
  ['', undefined],
  ['x'.repeat(65), undefined],
]

for (const [word, expected] of rows) {
  test(`suggest ${JSON.stringify(word)}`, (t) => {
    t.is(suggest(word, words), expected)
  })
}

test('the nearest wins, the first of equals', (t) => {
  t.is(suggest('stagex', ['stagger', 'stage1', 'stage2', 'stage']), 'stage1')
  t.is(suggest('chmdo', ['chown', 'chmod']), 'chmod')
  t.is(suggest('x', []), undefined)
})

test('a candidate that is the word itself stops the search', (t) => {
  t.is(suggest('stage', ['stag', 'stage']), undefined)
})
