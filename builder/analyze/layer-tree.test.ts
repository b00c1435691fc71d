import test from 'ava'
import { layerTree } from './layer-tree.ts'
import { dir, file, hardlink, layer, opaqueMark, symlink, whiteout } from './testing/layers.ts'

const base = layer('', [
  file('etc/conf', 10),
  file('etc/old', 20),
  file('lib/a/x', 100),
  file('lib/a/y', 200),
  file('lib/b', 400),
  symlink('bin', 'usr/bin'),
])

const all = { depth: 99, most: 1000 }

test('what a layer adds, changes and deletes; directories have the sums of what is in them', (t) => {
  const top = layer('', [
    file('etc/conf', 15),
    file('etc/new/file', 5),
    whiteout('etc/old'),
    whiteout('lib/a'),
    file('lib/b', 400, { uid: 7 }),
    file('bin', 1),
    hardlink('link', 'etc/conf'),
  ])
  const tree = layerTree([base.index, top.index], { layer: 1, ...all })
  t.deepEqual(
    tree.nodes.map(({ path, depth, change, bytes, hiddenBytes }) => [path, depth, change, bytes, hiddenBytes]),
    [
      ['bin', 1, 'changed', 1, 0],
      ['etc', 1, 'way', 20, 30],
      ['etc/conf', 2, 'changed', 15, 10],
      ['etc/new', 2, 'added', 5, 0],
      ['etc/new/file', 3, 'added', 5, 0],
      ['etc/old', 2, 'deleted', 0, 20],
      ['lib', 1, 'way', 400, 700],
      ['lib/a', 2, 'deleted', 0, 300],
      ['lib/b', 2, 'metadata', 400, 400],
      ['link', 1, 'added', 0, 0],
    ],
  )
  t.is(tree.bytes, 421)
  t.is(tree.hiddenBytes, 730)
  t.is(tree.paths, 10)
})

test('the lowest layer adds all it has', (t) => {
  const { nodes, hiddenBytes } = layerTree([base.index], { layer: 0, ...all })
  t.deepEqual([...new Set(nodes.map(({ change }) => change))], ['added'])
  t.is(hiddenBytes, 0)
})

test('higher layers do not matter', (t) => {
  const top = layer('', [whiteout('etc'), whiteout('lib')])
  t.deepEqual(layerTree([base.index, top.index], { layer: 0, ...all }), layerTree([base.index], { layer: 0, ...all }))
})

test('below an opaque directory each thing that it hid is told once', (t) => {
  const rows = [
    layer('', [dir('lib', { opaque: true }), file('lib/c', 1)]),
    layer('', [opaqueMark('lib'), file('lib/c', 1)], { implicit: true }),
  ]
  for (const top of rows) {
    const { nodes } = layerTree([base.index, top.index], { layer: 1, ...all })
    t.deepEqual(
      nodes.map(({ path, change, hiddenBytes }) => [path, change, hiddenBytes]),
      [
        ['lib', 'way', 700],
        ['lib/a', 'deleted', 300],
        ['lib/b', 'deleted', 400],
        ['lib/c', 'added', 0],
      ],
    )
  }
})

test('a thing that is deleted twice, or that was never there, is told by nobody', (t) => {
  const layers = [base, layer('', [whiteout('lib')]), layer('', [whiteout('lib'), whiteout('nothing')])]
  const { nodes } = layerTree(
    layers.map(({ index }) => index),
    { layer: 2, ...all },
  )
  t.deepEqual(nodes, [])
})

test('the same content and metadata again is told as such', (t) => {
  const { nodes } = layerTree([base.index, layer('', [file('etc/conf', 10), symlink('bin', 'usr/bin')]).index], {
    layer: 1,
    ...all,
  })
  t.deepEqual(
    nodes.map(({ path, change }) => [path, change]),
    [
      ['bin', 'same'],
      ['etc', 'way'],
      ['etc/conf', 'same'],
    ],
  )
})

test('deeper paths and those beyond the cap are summed up in the directories above', (t) => {
  const deep = layerTree([base.index], { layer: 0, depth: 1, most: 1000 })
  t.deepEqual(
    deep.nodes.map(({ path, bytes, left }) => [path, bytes, left]),
    [
      ['bin', 0, 0],
      ['etc', 30, 2],
      ['lib', 700, 4],
    ],
  )
  const capped = layerTree([base.index], { layer: 0, depth: 99, most: 2 })
  t.deepEqual(
    capped.nodes.map(({ path, bytes, left }) => [path, bytes, left]),
    [
      ['bin', 0, 0],
      ['etc', 30, 2],
    ],
  )
  t.is(capped.bytes, 730)
  t.is(capped.paths, 9)
})
