import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeBaseImages } from './base.ts'
import { compareImages, type Difference } from './compare.ts'
import { type FlatEntry, type FlatImage, flattenLayout } from './flatten.ts'

const file: FlatEntry = {
  type: 'file',
  mode: '0644',
  uid: 1,
  gid: 2,
  mtime: '1000000000',
  xattrs: { 'user.a': '00' },
  size: 3,
  digest: 'aa',
  names: ['/f', '/g'],
}

const image: FlatImage = {
  config: { os: 'linux', config: { Env: ['A=1'], Labels: { b: '2', a: '1' } }, history: [{ created_by: 'x' }] },
  layers: 1,
  tree: new Map([['/f', file]]),
}

const options = { started: 2000, history: true }

function dated(mtime: string, type = 'file'): FlatImage {
  return { ...image, tree: new Map([['/f', { ...file, mtime, type }]]) }
}

function fieldOf({ field }: Difference): string {
  return field
}

/** What is compared of two images that differ in one thing. */
function fields(other: Partial<FlatImage>): string[] {
  return compareImages(image, { ...image, ...other }, options).map((found) => found.field)
}

test('equal images have no differences, whatever the order of members', (t) => {
  t.deepEqual(fields({}), [])
  const config = { ...image.config, config: { Labels: { a: '1', b: '2' }, Env: ['A=1'], User: null } }
  t.deepEqual(fields({ config }), [])
})

const changes: Record<string, Partial<FlatEntry>> = {
  type: { type: 'dir' },
  mode: { mode: '0600' },
  uid: { uid: 0 },
  gid: { gid: 0 },
  mtime: { mtime: '3000000000' },
  xattrs: { xattrs: {} },
  size: { size: 4 },
  digest: { digest: 'bb' },
  names: { names: ['/f'] },
  link: { link: 'x' },
  device: { device: '1:3' },
}

for (const [field, change] of Object.entries(changes)) {
  test(`a changed ${field} of a file is a difference`, (t) => {
    t.deepEqual(fields({ tree: new Map([['/f', { ...file, ...change }]]) }), [`tree:/f:${field}`])
  })
}

test('a file on one side only, another layer count, config and history are differences', (t) => {
  t.deepEqual(fields({ tree: new Map() }), ['tree:/f'])
  t.deepEqual(fields({ layers: 2 }), ['layers'])
  t.deepEqual(fields({ config: { ...image.config, os: 'plan9' } }), ['os'])
  t.deepEqual(fields({ config: { ...image.config, config: { Env: ['A=2'] } } }), ['config.Env', 'config.Labels'])
  t.deepEqual(fields({ config: { ...image.config, history: [] } }), ['history[0]'])
  t.deepEqual(fields({ config: { ...image.config, history: [{ created_by: 'x', empty_layer: true }] } }), [
    'history[0]',
  ])
})

test('times made by the build itself may differ, a time of ours that should be old may not', (t) => {
  const fresh = dated('2000000001')
  t.deepEqual(compareImages(fresh, dated('3000000000'), options), [])
  t.is(compareImages(fresh, image, options)[0]?.field, 'tree:/f:mtime')
  t.is(compareImages(image, fresh, options)[0]?.field, 'tree:/f:mtime', 'the directory rule is for directories')
})

test('times cut to seconds, and directories that BuildKit wrote to, have fields of their own', (t) => {
  const cut = 'tree:/f:mtime (fraction of a second)'
  t.deepEqual(compareImages(dated('1000000007'), dated('1000000000'), options).map(fieldOf), [cut])
  t.deepEqual(compareImages(dated('1000000000'), dated('1000000007'), options).map(fieldOf), ['tree:/f:mtime'])
  const touched = 'tree:/f:mtime (directory written to)'
  t.deepEqual(compareImages(dated('1000000000', 'dir'), dated('2000000000', 'dir'), options).map(fieldOf), [touched])
  t.deepEqual(compareImages(dated('2000000000', 'dir'), dated('1000000000', 'dir'), options).map(fieldOf), [
    'tree:/f:mtime',
  ])
})

needs(
  test,
  'root',
  'umoci',
  'python3',
  'busybox',
)('an image is read as others unpack it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ibuild-flat-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const base = await makeBaseImages(join(directory, 'base'))
  const name = 'oci:' + join(directory, 'one')
  await runOk('skopeo', ['copy', '-q', `oci-archive:${base.archive('two-layers')}`, name])
  const { tree, layers, config } = await flattenLayout(join(directory, 'one'))
  t.is(layers, 2)
  t.deepEqual(config.config, {
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Cmd: ['sh'],
  })
  t.false(tree.has('/base/old'), 'a whiteout hides')
  t.deepEqual(
    [...tree.keys()].filter((path) => path.startsWith('/base/dir/')),
    ['/base/dir/three'],
  )
  t.is(tree.get('/base/empty')?.type, 'file')
  t.is(tree.get('/base/capable')?.xattrs['security.capability']?.length, 40)
  t.like(tree.get('/base/big-ids'), { uid: 3000000, gid: 2097152 })
  t.like(tree.get('/base/setuid'), { mode: '4755', type: 'file' })
  t.like(tree.get('/base/null'), { type: 'char', device: '1:3' })
  t.is(tree.get('/base/caf\u00c3\u00a9')?.size, 6, 'names are bytes')
})
