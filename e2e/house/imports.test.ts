import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'
import { checkImports } from './check-imports.ts'
import { importCircles } from './import-circles.ts'
import { type ImportTable, importTable } from './import-table.ts'
import { readSource } from './read-source.ts'

const house = globSync('{shared,builder,registry,notary,retention,app,e2e,scripts,bench}/**/*.ts', { cwd: repository })
const sources = house.sort().map((path) => readSource(path, readFileSync(join(repository, path), 'utf8')))

test('every import follows the table', (t) => {
  t.true(house.includes('app/main.ts'))
  t.is(checkImports(sources, importTable).join('\n'), '')
})

test('no files import each other', (t) => {
  t.is(importCircles(sources).join('\n'), '')
})

test('the table names no file and no folder that is gone', (t) => {
  const folders = Object.keys(importTable.rooms).filter((row) => /^(shared|builder)\/\w/.test(row))
  const gone = [...folders, ...Object.keys(importTable.waiting)].filter((path) => !existsSync(join(repository, path)))
  t.deepEqual(gone, [])
})

test('the arrows of the table have no circle', (t) => {
  const rows = Object.keys(importTable.rooms)
  const below = (row: string): readonly string[] =>
    (importTable.rooms[row]?.imports ?? []).flatMap((folder) =>
      rows.filter((one) => one !== row && one.startsWith(folder)),
    )
  const visit = (row: string, path: readonly string[]): readonly string[] =>
    path.includes(row) ? [[...path, row].join(' -> ')] : below(row).flatMap((next) => visit(next, [...path, row]))
  t.deepEqual(
    rows.flatMap((row) => visit(row, [])),
    [],
  )
})

/** A small house: `high` may import `low`, and types of `side`. */
const table: ImportTable = {
  rooms: {
    low: { imports: [] },
    side: { imports: [] },
    'high/*': { imports: ['low'], types: ['side'] },
    'high/deep': { imports: [] },
    app: { imports: ['low', 'high', 'side', 'shared'] },
    shared: { imports: [] },
    'e2e/testing': { imports: [] },
    scripts: { imports: [] },
  },
  doorways: { koffi: 'low' },
  tools: ['ava'],
  reserved: {
    'node:child_process': ['low'],
    'node:process': [],
    'process.': [],
    'process.env': ['app'],
    'console.*': ['app'],
  },
  sharers: ['high', 'side', 'app', 'registry'],
  waiting: { 'shared/waits.ts': 'registry', 'shared/done.ts': 'registry' },
  unshared: ['shared/sys'],
}

function check(files: Record<string, string>): string {
  return checkImports(
    Object.entries(files).map(([path, code]) => readSource(path, code)),
    table,
  ).join('\n')
}

const refused: [title: string, path: string, code: string, expected: RegExp][] = [
  [
    'an arrow upward',
    'low/a.ts',
    `import { b } from '../high/b.ts'`,
    /^low\/a\.ts:1 may not import high\/\*: low imports nothing/,
  ],
  ['a type-only arrow upward', 'low/a.ts', `\nimport type { B } from '../high/b.ts'`, /^low\/a\.ts:2 may not import/],
  ['types inside braces', 'low/a.ts', `import { type B } from '../high/b.ts'`, /may not import high/],
  ['import() upward', 'low/a.ts', `const b = await import('../high/b.ts')`, /may not import high/],
  ['an import type upward', 'low/a.ts', `let b: import('../high/b.ts').B`, /may not import high/],
  ['a re-export upward', 'low/a.ts', `export * from '../high/b.ts'`, /may not import high/],
  ['names re-exported upward', 'low/a.ts', `export { b } from '../high/b.ts'`, /may not import high/],
  ['a URL upward', 'low/a.ts', `new URL('../high/b.ts', import.meta.url)`, /may not import high/],
  ['a worker upward', 'low/a.ts', `workerUrl('../high/b-worker.ts', import.meta.url)`, /may not import high/],
  ['import.meta.resolve upward', 'low/a.ts', `import.meta.resolve('../high/b.ts')`, /may not import high/],
  ['require upward', 'low/a.ts', `require('../high/b.ts')`, /may not import high/],
  ['a side effect upward', 'low/a.ts', `import '../high/b.ts'`, /may not import high/],
  ['a computed import', 'low/a.ts', `await import(name)`, /computed/],
  [
    'a value where only types go',
    'high/a.ts',
    `import { s } from '../side/s.ts'`,
    /may not import side: .*only its types/,
  ],
  [
    'a folder below, which has a row of its own',
    'high/deep/a.ts',
    `import { b } from '../b.ts'`,
    /may not import high\/\*/,
  ],
  ['a folder without a row', 'other/a.ts', `export {}`, /^other\/a\.ts lies in no room/],
  ['a folder inside one whose row is for itself alone', 'high/new/a.ts', `export {}`, /lies in no room/],
  ['a test upward', 'low/a.test.ts', `import { b } from '../high/b.ts'`, /may not import high/],
  ['a helper of tests', 'low/a.ts', `import { b } from '../e2e/testing/b.ts'`, /only for tests/],
  ['a test', 'low/a.ts', `import { b } from './b.test.ts'`, /only for tests/],
  [
    'a helper of tests that reaches up for one',
    'low/testing/a.ts',
    `import { b } from '../../e2e/testing/b.ts'`,
    /may not import e2e\/testing/,
  ],
  [
    'a package outside its doorway',
    'high/a.ts',
    `import koffi from 'koffi'`,
    /may not import koffi: its doorway is in low/,
  ],
  [
    'a type of a package outside its doorway',
    'high/a.ts',
    `import type { K } from 'koffi/lib'`,
    /may not import koffi/,
  ],
  ['an unknown package', 'low/a.ts', `import x from '@some/thing/deep.js'`, /package @some\/thing, which the table/],
  ['a tool of tests', 'low/a.ts', `import test from 'ava'`, /may not import ava, which is for tests/],
  [
    'child_process',
    'high/a.ts',
    `import { spawn } from 'node:child_process'`,
    /high\/a\.ts:1 may not import node:child_process/,
  ],
  ['a built-in module without node:', 'low/a.ts', `import { spawn } from 'child_process'`, /without node:/],
  ['the environment', 'low/a.ts', `const x = process.env['X']`, /^low\/a\.ts:1 may not use process\.env$/],
  ['the environment, spelled with brackets', 'low/a.ts', `const x = process['env']`, /may not use process\.env$/],
  ['the environment, taken apart', 'low/a.ts', `const { env } = process`, /may not use process\.env$/],
  ['the environment of globalThis', 'low/a.ts', `globalThis.process.env`, /may not use process\.env$/],
  ['a computed member of process', 'low/a.ts', `process[name]`, /may not use process\.$/],
  ['the module process', 'low/a.ts', `import { env } from 'node:process'`, /may not import node:process/],
  ['printing', 'low/a.ts', `console.log(1)`, /may not use console\.log/],
]

for (const [title, path, code, expected] of refused) {
  test(`refuses ${title}`, (t) => t.regex(check({ [path]: code }), expected))
}

const allowed: [title: string, path: string, code: string][] = [
  ['an arrow downward', 'high/a.ts', `import { b } from '../low/b.ts'`],
  ['types where only types go', 'high/a.ts', `import type { S } from '../side/s.ts'`],
  [
    'a test with its helpers and tools',
    'low/a.test.ts',
    `import test from 'ava'; import { b } from '../e2e/testing/b.ts'`,
  ],
  ['a package at its doorway', 'low/a.ts', `import koffi from 'koffi'`],
  ['child_process where it belongs, and in tests', 'low/a.ts', `import { spawn } from 'node:child_process'`],
  ['the environment in a test', 'low/a.test.ts', `process.env['X'] = console.log(1)`],
  ['what process tells besides', 'low/a.ts', `process.arch + process.getuid?.()`],
  ['names in strings and comments', 'low/a.ts', `const x = "import y from '../high/b.ts'" // import('../high/b.ts')`],
  ['a property called process', 'low/a.ts', `const x = solver.process.env + solver.console.log`],
]

for (const [title, path, code] of allowed) {
  test(`allows ${title}`, (t) => t.is(check({ [path]: code }), ''))
}

test('shows the chain that leads to a bad arrow', (t) => {
  const files = {
    'app/main.ts': `await import('../high/b.ts')`,
    'high/b.ts': `import '../low/a.ts'`,
    'low/a.ts': `import '../app/main.ts'`,
  }
  t.regex(check(files), /\n {4}app\/main\.ts -> high\/b\.ts -> low\/a\.ts -> app\/main\.ts$/)
})

test('a package has one doorway file', (t) => {
  const files = { 'low/a.ts': `import koffi from 'koffi'`, 'low/b.ts': `import type { K } from 'koffi'` }
  t.is(check(files), 'koffi has more than one doorway: low/a.ts, low/b.ts')
})

test('a shared file is used by two rooms', (t) => {
  const both = { 'app/a.ts': `import '../shared/x.ts'`, 'shared/y.ts': '', 'shared/x.ts': `import './y.ts'` }
  t.is(
    check({ ...both, 'side/s.test.ts': '' }),
    'shared/y.ts is used by app only: it belongs there\nshared/x.ts is used by app only: it belongs there',
  )
  t.is(check({ 'shared/sys/x.ts': '' }), '', 'a doorway is used by whoever needs it')
})

test('a shared file may wait for a room, until that is there or no longer needed', (t) => {
  const waits = { 'shared/waits.ts': '', 'app/a.ts': `import '../shared/waits.ts'` }
  t.is(check(waits), '')
  t.regex(check({ ...waits, 'registry/r.ts': '' }), /used by app only: it belongs there, registry does not use it/)
  const rooms = { ...table.rooms, side: { imports: ['shared'] } }
  const done = {
    'shared/done.ts': '',
    'app/a.ts': `import '../shared/done.ts'`,
    'side/s.ts': `import '../shared/done.ts'`,
  }
  const sources = Object.entries(done).map(([path, code]) => readSource(path, code))
  t.deepEqual(checkImports(sources, { ...table, rooms }), [
    'shared/done.ts no longer waits for registry: strike it from the table',
  ])
})
