import test from 'ava'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { plainProgress } from './plain.ts'
import { rawJsonProgress } from './raw-json.ts'
import { transferLine } from './transfer-line.ts'

const events: BuildEvent[] = [
  { type: 'transfer-started', transfer: 1, title: 'abc', total: 100 },
  { type: 'transfer-progress', transfer: 1, done: 50 },
  { type: 'transfer-started', transfer: 2, title: 'd\u001b[31me' },
  { type: 'transfer-done', transfer: 1, title: 'abc', result: 'pulled', bytes: 12_300_000, elapsed: 1234.5678 },
  { type: 'transfer-failed', transfer: 2, title: 'd\u001b[31me', elapsed: 50 },
  { type: 'transfer-done', transfer: 3, title: 'f', result: 'already\u0007 exists', bytes: 0, elapsed: 0 },
]

test('plain lines tell of ends only, without what a terminal would act on', (t) => {
  let text = ''
  events.forEach(plainProgress((line) => (text += line)))
  t.is(text, 'abc: pulled 12.3MB in 1.2s\nde: failed after 0.1s\nf: already exists\n')
})

test('rawjson has every event, and the members of the end', (t) => {
  let text = ''
  const progress = rawJsonProgress(
    (line) => (text += line),
    () => new Date(0),
  )
  events.forEach(progress.emit)
  progress.finish({ done: { digest: 'x', images: [1] } })
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.deepEqual(
    lines.map(({ type }) => type),
    ['started', ...events.map(({ type }) => type), 'result'],
  )
  t.is(lines[4]?.['elapsed'], 1234.568)
  t.deepEqual([lines.at(-1)?.['digest'], lines.at(-1)?.['images']], ['x', [1]])
})

const lines: [title: string, line: string, transfer: Parameters<typeof transferLine>[0], columns: number][] = [
  ['half', ' > abc  [============            ]  50B / 100B', { title: 'abc', total: 100, done: 50 }, 80],
  ['unknown', ' > abc  50B', { title: 'abc', total: undefined, done: 50 }, 80],
  [
    'more than there should be',
    ` > abc  [${'='.repeat(24)}]  150B / 100B`,
    { title: 'abc', total: 100, done: 150 },
    80,
  ],
  ['nothing at all', ' > abc  0B / 0B', { title: 'abc', total: 0, done: 0 }, 80],
  ['a narrow terminal', ' > abc  50B / 100B', { title: 'abc', total: 100, done: 50 }, 40],
]
for (const [title, line, transfer, columns] of lines)
  test(`bar: ${title}`, (t) => t.is(transferLine(transfer, columns), line))
