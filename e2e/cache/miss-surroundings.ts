import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../builder/store/open.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { MissRow } from './miss-row.ts'
import { write } from './miss-sources.ts'

function recordFiles(root: string): string[] {
  return globSync('records/*/*', { cwd: root }).map((name) => join(root, name))
}

/** The files of records of steps, by their text. */
function recordsWith(root: string, text: string): string[] {
  return recordFiles(root).filter((file) => readFileSync(file, 'utf8').includes(text))
}

/** Misses for what lies below a step, and for what became of its record. */
export const surroundingRows: readonly MissRow[] = [
  {
    name: 'the step below',
    dockerfile: [['FROM scratch AS base', 'COPY a.txt /', 'WORKDIR /w']],
    between: write('a.txt', 'other'),
    line: 'parent: step [base 2/3] COPY a.txt / gave another layer',
  },
  {
    name: 'the stage below',
    dockerfile: [['FROM scratch AS base', 'COPY a.txt /', 'FROM base', 'WORKDIR /w']],
    between: write('a.txt', 'other'),
    line: 'parent: step [base 2/2] COPY a.txt / gave another layer',
  },
  {
    name: 'a file of another stage',
    dockerfile: [['FROM scratch AS one', 'COPY a.txt /', 'FROM scratch', 'COPY --from=one /a.txt /b']],
    between: write('a.txt', 'other'),
    line: 'content of a.txt changed',
  },
  {
    name: 'a step before it',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /', 'WORKDIR /w'],
      ['FROM scratch', 'COPY a.txt /', 'COPY run.sh /', 'WORKDIR /w'],
    ],
    line: 'moved: it now follows "COPY run.sh /", before it followed "COPY a.txt /"',
  },
  {
    name: 'two things at once',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /', 'WORKDIR /w'],
      ['FROM scratch', 'COPY a.txt /', 'WORKDIR /x'],
    ],
    between: write('a.txt', 'other'),
    line: 'directory /w -> /x; also the layers below',
  },
  {
    name: 'the base image',
    files: { 'base/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' },
    dockerfile: [['FROM base:1', 'WORKDIR /w']],
    between: async ({ space, context }) => {
      writeFileSync(join(context, 'base/Dockerfile'), 'FROM scratch\nCOPY Dockerfile /other\n')
      await space.ok(['-t', 'base:1', join(context, 'base')])
    },
    line: /^base image base:1 changed: sha256:[0-9a-f]{12} -> sha256:[0-9a-f]{12}$/,
  },
  {
    name: 'another base image',
    files: { 'base/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' },
    dockerfile: [
      ['FROM base:1', 'WORKDIR /w'],
      ['FROM scratch', 'WORKDIR /w'],
    ],
    line: 'base image base:1 -> scratch',
  },
  {
    name: '--no-cache',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    flags: [[], ['--no-cache']],
    line: 'asked for with --no-cache',
  },
  {
    name: '--no-cache-filter',
    dockerfile: [['FROM scratch AS x', 'COPY a.txt /']],
    flags: [[], ['--no-cache-filter', 'x']],
    line: 'asked for with --no-cache-filter',
  },
  {
    name: 'SOURCE_DATE_EPOCH',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    flags: [[], ['--build-arg', 'SOURCE_DATE_EPOCH=1600000000']],
    line: 'SOURCE_DATE_EPOCH (none) -> 1600000000',
  },
  {
    name: 'a cleared cache',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between: async ({ space }) => void (await space.ok(['prune', '--all'])),
    line: /^the record of this step was removed by prune on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
  },
  {
    name: 'a cleared cache, and another file',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between: async (place) => {
      await place.space.ok(['prune', '--all'])
      write('a.txt', 'other')(place)
    },
    line: /^earlier records of this step were removed by prune on \d{4}-/,
  },
  {
    name: 'a layer that is gone',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between({ space: { root } }) {
      for (const name of globSync('layers/*', { cwd: root })) rmSync(join(root, name), { recursive: true })
    },
    line: /^the layer of this step is gone \(sha256:[0-9a-f]{12}\)$/,
  },
  {
    name: 'a record that is gone',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between: ({ space }) => rmSync(join(space.root, 'records'), { recursive: true }),
    line: 'the record of this step is gone',
  },
  {
    name: 'a damaged record',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between({ space }) {
      const [file = ''] = recordsWith(space.root, 'COPY a.txt')
      writeFileSync(file, readFileSync(file, 'utf8').replace('COPY', 'COPE'))
    },
    line: 'the record of this step is damaged',
  },
  {
    name: 'a record of an older version',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between: async ({ space }) => {
      const store = openStore(space.root)
      const key = store.records.list().find((each) => store.records.peek(each)?.record.step.includes('COPY') === true)
      const record = key && store.records.peek(key)?.record
      if (key === undefined || record === undefined) throw new Error('the build left no record')
      rmSync(join(space.root, 'records'), { recursive: true })
      rmSync(join(space.root, 'steps/journal'))
      const facts = { version: '0', position: 0, base: { name: 'scratch', digest: '' } }
      await store.records.put(digestOf('older key'), { ...record, extra: { facts } }, ['text COPY a.txt /'])
    },
    line: 'recorded by another version of ibuild (cache keys of version 0, now 2)',
  },
]
