import fs from 'node:fs'
import type { ExecutionContext } from 'ava'
import { lsetxattr, mknod } from '../../shared/sys/native.ts'
import { MergedView } from './merged-view.ts'
import { rootTest, tempFolder } from './testing.ts'

/** A layer as lines: `d path`, `f path`, `l path target`, `w path` (whiteout), `o path` (opaque directory). */
type Layer = readonly string[]

function stack(t: ExecutionContext, layers: readonly Layer[]): MergedView {
  const folder = tempFolder(t)
  const lowers = layers.map((layer, index) => {
    const root = `${folder}/${index}`
    fs.mkdirSync(root)
    for (const line of layer) makeEntry(root, line.split(' '))
    return root
  })
  return new MergedView(lowers)
}

function makeEntry(root: string, [kind, name, target = '']: readonly string[]): void {
  const path = `${root}/${name}`
  if (kind === 'd' || kind === 'o') fs.mkdirSync(path, { recursive: true })
  if (kind === 'o') lsetxattr(path, 'trusted.overlay.opaque', Buffer.from('y'))
  if (kind === 'f') fs.writeFileSync(path, '')
  if (kind === 'l') fs.symlinkSync(target, path)
  if (kind === 'w') mknod(path, 0o20000, 0, 0)
}

const rows: readonly [title: string, layers: readonly Layer[], path: string, expected: string][] = [
  ['nothing', [], '/etc/hosts', '/etc/hosts nothing'],
  ['an empty layer', [[]], '/etc/hosts', '/etc/hosts nothing'],
  ['a file', [['d etc', 'f etc/hosts']], '/etc/hosts', '/etc/hosts file'],
  ['a directory', [['d proc']], '/proc', '/proc dir'],
  ['the root', [['d proc']], '/', '/ dir'],
  ['dots and slashes', [['d a/b', 'f a/c']], '//a/./b/..//c', '/a/c file'],
  ['above the root', [['f a']], '/../../a', '/a file'],
  [
    'a file of a lower layer',
    [
      ['d etc', 'f etc/hosts'],
      ['d etc', 'f etc/x'],
    ],
    '/etc/hosts',
    '/etc/hosts file',
  ],
  ['a link at the end stays', [['d etc', 'l etc/hosts /x']], '/etc/hosts', '/etc/hosts symlink'],
  ['a link on the way', [['l etc real', 'd real', 'f real/hosts']], '/etc/hosts', '/real/hosts file'],
  ['a link with a slash after it', [['l etc real', 'd real']], '/etc/', '/etc symlink'],
  ['an absolute link in a folder', [['d a', 'l a/b /real', 'd real', 'f real/x']], '/a/b/x', '/real/x file'],
  ['a relative link in a folder', [['d a/real', 'l a/b real', 'f a/real/x']], '/a/b/x', '/a/real/x file'],
  ['a link upwards', [['d a', 'l a/b ../real', 'd real', 'f real/x']], '/a/b/x', '/real/x file'],
  ['a link to a link', [['l a b', 'l b c', 'd c', 'f c/x']], '/a/x', '/c/x file'],
  ['a link to nothing', [['l a gone']], '/a/x', '/gone/x nothing'],
  ['a whiteout', [['f a'], ['w a']], '/a', '/a nothing'],
  ['a whiteout of a folder', [['d a', 'f a/x'], ['w a']], '/a/x', '/a/x nothing'],
  ['a new folder after a whiteout', [['d a', 'f a/x'], ['w a'], ['d a']], '/a/x', '/a/x nothing'],
  ['an opaque folder', [['d a', 'f a/x'], ['o a']], '/a/x', '/a/x nothing'],
  [
    'a file in an opaque folder',
    [
      ['d a', 'f a/x'],
      ['o a', 'f a/x'],
    ],
    '/a/x',
    '/a/x file',
  ],
  ['above an opaque folder', [['d a', 'f a/x'], ['o a', 'f a/y'], ['d a']], '/a/y', '/a/y file'],
  ['a folder over a file', [['f a'], ['d a']], '/a', '/a dir'],
  ['a file over a folder', [['d a', 'f a/x'], ['f a']], '/a', '/a file'],
  ['a folder over a file over a folder', [['d a', 'f a/x'], ['f a'], ['d a']], '/a/x', '/a/x nothing'],
  [
    'a link over a folder',
    [
      ['d etc', 'f etc/x'],
      ['l etc real', 'd real'],
    ],
    '/etc/x',
    '/real/x nothing',
  ],
]

for (const [title, layers, path, expected] of rows) {
  rootTest(`${title}: ${path} is ${expected}`, [], (t) => {
    const { components, node } = stack(t, layers).resolve(path)
    t.is(`/${components.join('/')} ${node?.kind ?? 'nothing'}`, expected)
    return Promise.resolve()
  })
}

const failures: readonly [title: string, layer: Layer, path: string, message: RegExp][] = [
  ['a file on the way', ['f etc'], '/etc/hosts', /\/etc is not a directory/],
  ['a link to a file on the way', ['l etc a', 'f a'], '/etc/hosts', /\/a is not a directory/],
  ['links in a circle', ['l a b', 'l b a'], '/a/x', /too many symbolic links/],
]

for (const [title, layer, path, message] of failures) {
  rootTest(`${title} is RUNTIME_FAILED`, [], (t) => {
    t.throws(() => stack(t, [layer]).resolve(path), { code: 'RUNTIME_FAILED', message })
    return Promise.resolve()
  })
}
