import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { location } from './testing/requests.ts'
import { type EntrySpec, treeOf } from './testing/specs.ts'
import { planWorkdir } from './workdir.ts'

const target: readonly EntrySpec[] = [
  { p: 'srv', t: 'd', m: '711', u: 3, s: 5 },
  { p: 'file', t: 'f' },
  { p: 'link', t: 'l', l: 'srv/data' },
  { p: 'loop', t: 'l', l: 'loop' },
  { p: 'out', t: 'l', l: '../../srv' },
  { p: 'shared', t: 'd', m: '2775', u: 3, g: 30, s: 6 },
]

function plan(path: string): string[] {
  const members = planWorkdir({ path, target: treeOf(target), uid: 10, gid: 20, mtime: 42n, location })
  return members.map(
    ({ entry }) => `${entry.path} ${entry.type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid} ${entry.mtime}`,
  )
}

const rows: readonly [string, readonly string[]][] = [
  ['/', []],
  ['/srv', []],
  ['/out', []],
  ['/new', ['new dir 755 10:20 42']],
  ['/new/deep/', ['new dir 755 10:20 42', 'new/deep dir 755 10:20 42']],
  ['/srv/x', ['srv dir 711 3:0 5000000000', 'srv/x dir 755 10:20 42']],
  ['/link', ['srv dir 711 3:0 5000000000', 'srv/data dir 755 10:20 42']],
  ['/out/y', ['srv dir 711 3:0 5000000000', 'srv/y dir 755 10:20 42']],
]

for (const [path, expected] of rows) test(`WORKDIR ${path}`, (t) => t.deepEqual(plan(path), expected))

for (const [path, code] of [
  ['/file', 'COPY_DESTINATION'],
  ['/file/x', 'COPY_DESTINATION'],
  ['/loop', 'SYMLINK_LOOP'],
] as const) {
  test(`WORKDIR ${path} is ${code}`, (t) => {
    const error = t.throws(() => plan(path), { instanceOf: IbuildError })
    t.is(error?.code, code)
    t.is(error?.location, location)
  })
}

test('a setgid directory gives its bit, and its group when there is no USER', (t) => {
  const make = (gid: number | undefined): string[] =>
    planWorkdir({ path: '/shared/a/b', target: treeOf(target), uid: 0, gid, mtime: 42n, location }).map(
      ({ entry }) => `${entry.path} ${entry.mode.toString(8)} ${entry.gid}`,
    )
  t.deepEqual(make(undefined), ['shared 2775 30', 'shared/a 2755 30', 'shared/a/b 2755 30'])
  t.deepEqual(make(0), ['shared 2775 30', 'shared/a 2755 0', 'shared/a/b 2755 0'])
})
