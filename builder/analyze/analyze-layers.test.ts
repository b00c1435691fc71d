import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { analyzeLayers } from './analyze-layers.ts'
import { dir, file, hardlink, layer, opaqueMark, symlink, whiteout } from './testing/layers.ts'
import type { Finding, LayerSource } from './types.ts'

const location = (line: number, text: string): Pick<LayerSource, 'location'> => ({
  location: { file: '/src/Dockerfile', startLine: line, endLine: line, text },
})

/** Base; apt-get; COPY; chown; rm; copy again. */
const image: readonly LayerSource[] = [
  layer('', [file('bin/sh', 1000), file('etc/passwd', 100)], { inBase: true }),
  layer(
    'RUN apt-get update && apt-get install -y curl',
    [
      file('usr/bin/curl', 5000),
      file('var/lib/apt/lists/deb_main', 30_000),
      file('var/lib/apt/lists/deb_extra', 10_000),
      file('etc/passwd', 120),
    ],
    location(2, 'RUN apt-get update && apt-get install -y curl'),
  ),
  layer(
    'COPY . /app',
    [file('app/main.js', 8000), file('app/data/big', 20_000), file('app/.git/pack', 6000), file('app/.env', 50)],
    location(3, 'COPY . /app'),
  ),
  layer(
    'RUN chown -R app:app /app',
    [
      file('app/main.js', 8000, { uid: 5, gid: 6 }),
      file('app/data/big', 20_000, { uid: 5, gid: 6 }),
      file('app/.git/pack', 6000, { uid: 5, gid: 6 }),
      file('app/.env', 50, { uid: 5, gid: 6 }),
    ],
    location(4, 'RUN chown -R app:app /app'),
  ),
  layer(
    'RUN rm -rf /var/lib/apt/lists /app/.env',
    [whiteout('var/lib/apt/lists'), whiteout('app/.env')],
    location(5, ''),
  ),
  layer('COPY big /opt/', [file('opt/big', 20_000, { content: 'app/data/big 20000' })], location(6, '')),
]

test('a hand-computed image: sums of every layer', (t) => {
  const { layers } = analyzeLayers(image)
  t.deepEqual(
    layers.map(({ number, files, whiteouts, bytes, hidden, hides }) => [
      number,
      files,
      whiteouts,
      bytes,
      hidden,
      hides,
    ]),
    [
      [1, 2, 0, 1000 + 100, { overwritten: 100, deleted: 0, duplicated: 0 }, 0],
      // 5000 + 30000 + 10000 + 120; the lists go in layer 5
      [2, 4, 0, 45_120, { overwritten: 0, deleted: 40_000, duplicated: 0 }, 100],
      // 8000 + 20000 + 6000 + 50, all of it written again by the chown
      [3, 4, 0, 34_050, { overwritten: 0, deleted: 0, duplicated: 34_050 }, 0],
      [4, 4, 0, 34_050, { overwritten: 0, deleted: 50, duplicated: 0 }, 34_050],
      [5, 0, 2, 0, { overwritten: 0, deleted: 0, duplicated: 0 }, 40_050],
      [6, 1, 0, 20_000, { overwritten: 0, deleted: 0, duplicated: 0 }, 0],
    ],
  )
})

test('a hand-computed image: totals', (t) => {
  const { totals, own, complete } = analyzeLayers(image)
  const bytes = 1100 + 45_120 + 34_050 + 34_050 + 20_000
  const wasted = 100 + 40_000 + 34_050 + 50
  t.is(bytes, 134_320)
  t.is(wasted, 74_200)
  // Smallest sizes: sh 1000, passwd 100, curl 5000, lists 0 and 0, main.js 8000, big 20000, pack 6000, .env 0, opt/big 20000.
  const smallest = 1000 + 100 + 5000 + 0 + 0 + 8000 + 20_000 + 6000 + 0 + 20_000
  t.is(smallest, 60_100)
  t.deepEqual(totals, {
    files: 15,
    bytes,
    wastedBytes: wasted,
    wastedPercent: (100 * 74_200) / 134_320,
    efficiency: 60_100 / 134_320,
    // passwd 220, lists 40000, main.js 16000, big 40000, pack 12000, .env 100
    repeatedBytes: 220 + 40_000 + 16_000 + 40_000 + 12_000 + 100,
  })
  // Without the base, but with the 100 bytes of it that layer 2 hides.
  t.deepEqual(own, { bytes: 133_320, wastedBytes: 74_200, wastedPercent: (100 * 74_200) / 133_320 })
  t.true(complete)
})

const brief = ({ kind, bytes, files, wasted, layer, hiddenBy, directory, cache, changes }: Finding): unknown[] => [
  kind,
  bytes,
  files,
  wasted,
  layer,
  hiddenBy,
  directory,
  cache ?? changes?.join(),
]

test('a hand-computed image: findings, the most bytes first, each with its rewrite', (t) => {
  const { findings, secrets } = analyzeLayers(image)
  t.deepEqual(findings.map(brief), [
    ['deleted', 40_000, 2, true, 2, 5, 'var/lib/apt/lists', 'apt package lists'],
    ['duplicated', 28_050, 3, true, 3, 4, 'app', 'owner'],
    ['identical', 20_000, 2, false, 4, undefined, '', undefined],
    ['duplicated', 6000, 1, true, 3, 4, 'app/.git', 'version control data'],
    ['vcs', 6000, 1, false, 4, undefined, 'app/.git', 'version control data'],
    ['overwritten', 100, 1, true, 1, 2, 'etc', undefined],
    ['deleted', 50, 1, true, 4, 5, 'app', undefined],
  ])
  const rewrites = findings.map(({ rewrite }) => rewrite)
  t.is(rewrites[0], 'in Dockerfile:2 end the same RUN with `&& rm -rf /var/lib/apt/lists/*`')
  t.is(rewrites[1], 'write `COPY --chown=app:app` in Dockerfile:3 and drop the chown of Dockerfile:4')
  t.regex(rewrites[6] ?? '', /^join the RUN of Dockerfile:4 and Dockerfile:5/)
  t.deepEqual(secrets, [
    { path: 'app/.env', layer: 3, hiddenBy: 4 },
    { path: 'app/.env', layer: 4, hiddenBy: 5 },
  ])
})

const full = (bytes: number): Record<string, number> => ({ bytes })

type Row = [title: string, layers: LayerSource[], bytes: number, wasted: number, efficiency: number]

const rows: Row[] = [
  ['no layers', [], 0, 0, 1],
  ['an empty layer', [layer('', [])], 0, 0, 1],
  ['only directories and links', [layer('', [dir('a'), symlink('b', 'a')]), layer('', [symlink('b', 'c')])], 0, 0, 1],
  ['one layer', [layer('', [file('a', 10), file('b', 5)])], 15, 0, 1],
  ['other content', [layer('', [file('a', 10)]), layer('', [file('a', 30)])], 40, 10, 10 / 40],
  ['smaller content', [layer('', [file('a', 30)]), layer('', [file('a', 10)])], 40, 30, 10 / 40],
  ['the same again', [layer('', [file('a', 10)]), layer('', [file('a', 10)])], 20, 10, 0.5],
  ['deleted', [layer('', [file('a', 10), file('b', 10)]), layer('', [whiteout('a')])], 20, 10, 0.5],
  [
    'deleted and made again',
    [layer('', [file('a', 10)]), layer('', [whiteout('a')]), layer('', [file('a', 10)])],
    20,
    10,
    0,
  ],
  [
    'whiteout and entry in one layer',
    [layer('', [file('a', 10)]), layer('', [whiteout('a'), file('a', 10)])],
    20,
    10,
    0.5,
  ],
  [
    'a folder deleted',
    [layer('', [file('d/a', 10), file('d/e/b', 20), file('x', 30)]), layer('', [whiteout('d')])],
    60,
    30,
    0.5,
  ],
  [
    'a folder made opaque',
    [layer('', [file('d/a', 10), file('d/e/b', 20)]), layer('', [dir('d', { opaque: true }), file('d/c', 30)])],
    60,
    30,
    0.5,
  ],
  [
    'an opaque mark without the folder',
    [layer('', [file('d/a', 10)]), layer('', [opaqueMark('d'), file('d/b', 10)], { implicit: true })],
    20,
    10,
    0.5,
  ],
  ['a folder replaced by a file', [layer('', [file('d/a', 10)]), layer('', [file('d', 10)])], 20, 10, 0.5],
  ['a file replaced by a folder', [layer('', [file('a', 10)]), layer('', [dir('a'), file('a/b', 10)])], 20, 10, 0.5],
  [
    'a file replaced by a folder that has no entry',
    [layer('', [file('a', 10)]), layer('', [file('a/b', 10)], { implicit: true })],
    20,
    10,
    0.5,
  ],
  [
    'a file replaced by a symlink',
    [layer('', [file('a', 10), file('b', 10)]), layer('', [symlink('a', 'b')])],
    20,
    10,
    0.5,
  ],
  [
    'a folder in a folder with a name that sorts between',
    [layer('', [file('a/b', 1), file('a-b', 2), file('a.b/c', 4)]), layer('', [whiteout('a')])],
    7,
    1,
    6 / 7,
  ],
  ['a whiteout of nothing', [layer('', [file('a', 10)]), layer('', [whiteout('b')])], 10, 0, 1],
  ['deleted twice', [layer('', [file('a', 10)]), layer('', [whiteout('a')]), layer('', [whiteout('a')])], 10, 10, 0],
  [
    'a name deleted, its hardlink not',
    [layer('', [file('a', 10), hardlink('b', 'a')]), layer('', [whiteout('a')])],
    10,
    0,
    1,
  ],
  [
    'all names deleted',
    [layer('', [file('a', 10), hardlink('b', 'a')]), layer('', [whiteout('a')]), layer('', [whiteout('b')])],
    10,
    10,
    0,
  ],
  [
    'a name written anew, its hardlink not',
    [layer('', [file('a', 10), hardlink('b', 'a')]), layer('', [file('a', 30)])],
    40,
    0,
    1,
  ],
  [
    'a hardlink to a lower layer keeps what its target loses',
    [layer('', [file('a', 10)]), layer('', [hardlink('b', 'a')]), layer('', [whiteout('a')])],
    10,
    0,
    1,
  ],
  [
    'a hardlink to a lower layer by way of another hardlink',
    [
      layer('', [file('a', 10)]),
      layer('', [hardlink('b', 'a'), hardlink('c', 'b')]),
      layer('', [whiteout('a'), whiteout('b')]),
    ],
    10,
    0,
    1,
  ],
  [
    'the hardlink to a lower layer goes too',
    [layer('', [file('a', 10)]), layer('', [hardlink('b', 'a')]), layer('', [whiteout('a'), whiteout('b')])],
    10,
    10,
    0,
  ],
]

for (const [title, layers, bytes, wastedBytes, efficiency] of rows) {
  test(`totals: ${title}`, (t) => {
    const { totals } = analyzeLayers(layers)
    t.like(totals, { ...full(bytes), wastedBytes })
    t.is(totals.efficiency, efficiency)
  })
}

test('what a chmod, a touch, an attribute and a plain second copy change is told apart', (t) => {
  const lower = layer('COPY a /', [file('m', 1), file('t', 2), file('x', 4), file('s', 8), file('mt', 16)])
  const upper = layer('RUN chmod', [
    file('m', 1, { mode: 0o755 }),
    file('t', 2, { mtime: 9n }),
    file('x', 4, { xattrs: new Map([['user.a', Buffer.from('1')]]) }),
    file('s', 8),
    file('mt', 16, { mode: 0o755, mtime: 9n }),
  ])
  const { findings } = analyzeLayers([lower, upper])
  t.deepEqual(
    findings.map(({ bytes, changes }) => [bytes, changes]),
    [
      [16, ['mode', 'time']],
      [8, []],
      [4, ['xattrs']],
      [2, ['time']],
      [1, ['mode']],
    ],
  )
})

test('waste within the base is in the totals, not in those of the Dockerfile', (t) => {
  const report = analyzeLayers([
    layer('', [file('a', 100)], { inBase: true }),
    layer('', [file('a', 50)], { inBase: true }),
    layer('RUN x', [file('b', 10)]),
    layer('RUN y', [file('b', 20), whiteout('a')]),
  ])
  t.like(report.totals, { bytes: 180, wastedBytes: 160 })
  t.deepEqual(report.own, { bytes: 30 + 50, wastedBytes: 60, wastedPercent: 75 })
  t.deepEqual(
    report.findings.map(({ bytes, inBase }) => [bytes, inBase]),
    [
      [100, true],
      [50, false],
      [10, false],
    ],
  )
})

test('one content in several places counts once for each place but the first; links and small files do not', (t) => {
  const same = { content: 'same' }
  const { findings, totals } = analyzeLayers([
    layer('COPY', [
      file('a', 5000, same),
      file('b', 5000, same),
      hardlink('c', 'a'),
      file('s1', 4095, { content: 's' }),
    ]),
    layer('COPY', [file('d', 5000, same), file('s2', 4095, { content: 's' })]),
  ])
  t.deepEqual(findings.map(brief), [['identical', 10_000, 3, false, 1, undefined, '', undefined]])
  t.deepEqual(
    findings[0]?.examples.map(({ path, layer }) => [path, layer]),
    [
      ['a', 1],
      ['b', 1],
      ['d', 2],
    ],
  )
  t.is(totals.wastedBytes, 0)
})

test('a copy that is hidden is no second place', (t) => {
  const same = { content: 'same' }
  const { findings } = analyzeLayers([
    layer('', [file('a', 5000, same), file('b', 5000, same)]),
    layer('', [whiteout('b')]),
  ])
  t.deepEqual(
    findings.map(({ kind }) => kind),
    ['deleted'],
  )
})

test('two digests that start alike are not taken for one content', (t) => {
  const digest = digestOf('one')
  const other = `${digest.slice(0, -4)}${digest.endsWith('0000') ? '1111' : '0000'}` as typeof digest
  const { findings } = analyzeLayers([layer('', [file('a', 5000, { digest }), file('b', 5000, { digest: other })])])
  t.deepEqual(findings, [])
})

test('a damaged index is an error', (t) => {
  const broken = {
    ...layer('', []).index,
    entries: () => {
      throw new Error('damaged')
    },
  }
  t.throws(() => analyzeLayers([layer('', [], { index: broken })]), { message: 'damaged' })
})
