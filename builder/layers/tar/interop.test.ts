import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../../e2e/testing/needs.ts'
import { runOk } from '../../../e2e/testing/run.ts'
import { inPieces } from './testing/archives.ts'
import { growTree, listArchive, listTree, type TreeFeatures } from './testing/tree.ts'

const everything: TreeFeatures = {
  longNames: true,
  fineTimes: true,
  oldFractions: true,
  xattrs: true,
  largeIds: true,
  special: true,
}
const wholeTimes: TreeFeatures = { ...everything, fineTimes: false, oldFractions: false, xattrs: false }
const plain: TreeFeatures = { ...wholeTimes, longNames: false, largeIds: false }

const gnu = ['--sort=name', '--numeric-owner', '-c', '-C']
const python = (format: string): string[] => [
  '-c',
  'import sys,tarfile,os\n' +
    `t=tarfile.open(fileobj=sys.stdout.buffer,mode="w|",format=tarfile.${format},encoding="utf-8",errors="surrogateescape")\n` +
    'os.chdir(sys.argv[1])\nfor n in sorted(os.listdir(".")): t.add(n)\nt.close()',
]

const writers: [title: string, program: string, args: (dir: string) => string[], features: TreeFeatures][] = [
  ['GNU tar, gnu', 'tar', (dir) => ['--format=gnu', ...gnu, dir, '.'], wholeTimes],
  ['GNU tar, gnu, sparse', 'tar', (dir) => ['--format=gnu', '-S', ...gnu, dir, '.'], wholeTimes],
  ['GNU tar, gnu, incremental', 'tar', (dir) => ['--format=gnu', '-G', ...gnu, dir, '.'], wholeTimes],
  ['GNU tar, gnu, labelled', 'tar', (dir) => ['--format=gnu', '-V', 'label', ...gnu, dir, '.'], wholeTimes],
  ['GNU tar, oldgnu, sparse', 'tar', (dir) => ['--format=oldgnu', '-S', ...gnu, dir, '.'], wholeTimes],
  ['GNU tar, pax', 'tar', (dir) => ['--format=pax', '--xattrs', '--xattrs-include=*', ...gnu, dir, '.'], everything],
  ...['0.0', '0.1', '1.0'].map((version): (typeof writers)[number] => [
    `GNU tar, pax, sparse ${version}`,
    'tar',
    (dir) => ['--format=pax', '-S', `--sparse-version=${version}`, '--xattrs', '--xattrs-include=*', ...gnu, dir, '.'],
    everything,
  ]),
  [
    'GNU tar, pax, labelled',
    'tar',
    (dir) => ['--format=pax', '-V', 'label', '--xattrs', '--xattrs-include=*', ...gnu, dir, '.'],
    everything,
  ],
  ['GNU tar, ustar', 'tar', (dir) => ['--format=ustar', ...gnu, dir, '.'], plain],
  ['GNU tar, v7', 'tar', (dir) => ['--format=v7', ...gnu, dir, '.'], { ...plain, special: false }],
  [
    'bsdtar, pax',
    'bsdtar',
    (dir) => ['--format=pax', '--xattrs', '-cf', '-', '-C', dir, '.'],
    { ...everything, oldFractions: false },
  ],
  ['bsdtar, gnutar', 'bsdtar', (dir) => ['--format=gnutar', '-cf', '-', '-C', dir, '.'], wholeTimes],
  ['bsdtar, ustar', 'bsdtar', (dir) => ['--format=ustar', '-cf', '-', '-C', dir, '.'], plain],
  ['python, pax', 'python3', (dir) => [...python('PAX_FORMAT'), dir], wholeTimes],
  ['python, gnu', 'python3', (dir) => [...python('GNU_FORMAT'), dir], wholeTimes],
  ['python, ustar', 'python3', (dir) => [...python('USTAR_FORMAT'), dir], plain],
]

for (const [title, program, args, features] of writers) {
  needs(test, program)(`reads what ${title} writes`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'ibuild-tar-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    growTree(dir, features)
    const { bytes } = await runOk(program, args(dir))
    const expected = listTree(dir)
    const found = await listArchive(inPieces(bytes, 60_000))
    t.deepEqual([...found.keys()].sort(), [...expected.keys()].sort())
    for (const [path, listed] of expected) t.deepEqual(found.get(path), listed, path)
  })
}
