import test from 'ava'
import { compareParts } from './compare-parts.ts'
import { nearest } from './nearest.ts'

const parts = (values: Readonly<Record<string, string>>): { name: string; value: string }[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }))
const now = parts({ instruction: 'RUN', parent: 'p', command: 'make', 'env A': '1' })

const rows: [what: string, candidates: Readonly<Record<string, string>>[], chosen: number | undefined][] = [
  ['nothing to choose from', [], undefined],
  [
    'fewer differences',
    [
      { parent: 'q', command: 'make', 'env A': '2' },
      { parent: 'p', command: 'make', 'env A': '2' },
    ],
    1,
  ],
  [
    'another parent rather than another command',
    [
      { parent: 'p', command: 'x', 'env A': '1' },
      { parent: 'q', command: 'make', 'env A': '1' },
    ],
    1,
  ],
  [
    'another variable rather than another command',
    [
      { parent: 'p', command: 'x', 'env A': '1' },
      { parent: 'p', command: 'make' },
    ],
    1,
  ],
  [
    'the first of equals',
    [
      { parent: 'q', command: 'make', 'env A': '1' },
      { parent: 'r', command: 'make', 'env A': '1' },
    ],
    0,
  ],
]
for (const [what, candidates, chosen] of rows) {
  test(`nearest: ${what}`, (t) => {
    const all = candidates.map((values) => ({ parts: parts({ instruction: 'RUN', ...values }) }))
    t.is(nearest(all, now)?.candidate, chosen === undefined ? undefined : all[chosen])
  })
}

test('of equals the one that is least when looked into, and no more are looked into than needed', (t) => {
  const all = ['q', 'r', 's', 'u'].map((parent) => ({
    parent,
    parts: parts({ instruction: 'RUN', parent, command: 'make', 'env A': '1' }),
  }))
  const chosen = (sizes: readonly number[]): [string | undefined, number] => {
    let asked = 0
    return [nearest(all, now, () => sizes[asked++] ?? 0)?.candidate.parent, asked]
  }
  t.deepEqual(chosen([3, 2, 5, 2]), ['r', 4])
  t.deepEqual(chosen([3, 1, 1]), ['r', 2])
  t.deepEqual(chosen([1]), ['q', 1])
})

test('anything of the same instruction is nearer than another instruction', (t) => {
  const copy = { parts: parts({ instruction: 'COPY', parent: 'p' }) }
  const run = { parts: parts({ instruction: 'RUN', parent: 'q', command: 'x', 'env B': '', user: 'x' }) }
  t.is(nearest([copy, run], now)?.candidate, run)
})

test('parts of one name are compared in their order, and what is gone comes last', (t) => {
  const before = [
    { name: 'a', value: '1' },
    { name: 'a', value: '2' },
    { name: 'b', value: '3' },
  ]
  const after = [
    { name: 'a', value: '1' },
    { name: 'a', value: '9' },
    { name: 'c', value: '4' },
  ]
  t.deepEqual(compareParts(before, after), [
    { name: 'a', change: 'same', before: '1', after: '1' },
    { name: 'a', change: 'changed', before: '2', after: '9' },
    { name: 'c', change: 'added', after: '4' },
    { name: 'b', change: 'removed', before: '3' },
  ])
})
