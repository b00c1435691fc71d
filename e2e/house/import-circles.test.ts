import test from 'ava'
import { importCircles } from './import-circles.ts'
import { readSource } from './read-source.ts'

const rows: [title: string, files: Record<string, string>, expected: readonly string[]][] = [
  ['files in a row', { 'a.ts': `import './b.ts'`, 'b.ts': `import './c.ts'`, 'c.ts': '' }, []],
  ['two files', { 'a.ts': `import './b.ts'`, 'b.ts': `import './a.ts'` }, ['a.ts -> b.ts -> a.ts']],
  [
    'types alone',
    { 'a.ts': `import type { B } from './b.ts'`, 'b.ts': `export * from './a.ts'` },
    ['a.ts -> b.ts -> a.ts'],
  ],
  ['what is loaded later', { 'a.ts': `await import('./b.ts')`, 'b.ts': `import './a.ts'` }, ['a.ts -> b.ts -> a.ts']],
  ['a worker that is started', { 'a.ts': `new URL('./b.ts', import.meta.url)`, 'b.ts': `import './a.ts'` }, []],
  ['a file that imports itself', { 'a.ts': `import './a.ts'` }, ['a.ts -> a.ts']],
  [
    'folders, and files that only lead to a circle',
    {
      'x/a.ts': `import '../y/b.ts'`,
      'y/b.ts': `import './c.ts'`,
      'y/c.ts': `import '../x/a.ts'`,
      'z.ts': `import './x/a.ts'`,
    },
    ['x/a.ts -> y/b.ts -> y/c.ts -> x/a.ts'],
  ],
  [
    'two circles',
    {
      'a.ts': `import './b.ts'`,
      'b.ts': `import './a.ts'; import './c.ts'`,
      'c.ts': `import './d.ts'`,
      'd.ts': `import './c.ts'`,
    },
    ['a.ts -> b.ts -> a.ts', 'c.ts -> d.ts -> c.ts'],
  ],
]
for (const [title, files, expected] of rows) {
  test(`circles: ${title}`, (t) => {
    t.deepEqual(importCircles(Object.entries(files).map(([path, code]) => readSource(path, code))), expected)
  })
}
