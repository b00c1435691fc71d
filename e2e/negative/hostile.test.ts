import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { archiveOf, base256, type RawFields, rawHeader, rawMember } from '../../builder/layers/tar/testing/raw.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { dockerArchive, goodConfig, goodManifest, sha256 } from './image-archive.ts'
import { assertNothingLeft } from './leftovers.ts'
import { makeSmallDisks } from './small-disk.ts'

/** Archives that try to reach the folder `outside`, which lies beside the data folder; `up` leads to the root of the machine. */
function attacks(outside: string): [title: string, members: RawFields[]][] {
  const up = '../'.repeat(30)
  const file = (name: string): RawFields => ({ name })
  const link = (name: string, linkname: string): RawFields => ({ name, type: '2', linkname })
  const hard = (name: string, linkname: string): RawFields => ({ name, type: '1', linkname })
  return [
    ['an absolute name', [file(`${outside}/new`)]],
    ['a name with ..', [file(`${up}${outside.slice(1)}/new`)]],
    ['a name with .. inside', [file(`a/${up}${outside.slice(1)}/new`)]],
    ['a file through an absolute link', [link('l', outside), file('l/new')]],
    ['a file through a relative link', [link('l', `${up}${outside.slice(1)}`), file('l/new')]],
    ['a file over a link', [link('l', `${outside}/canary`), file('l')]],
    ['a folder over a link', [link('l', outside), { name: 'l/', type: '5' }, file('l/new')]],
    ['a hardlink to a file outside', [hard('h', `${outside}/canary`), file('h')]],
    ['a hardlink with ..', [hard('h', `${up}${outside.slice(1)}/canary`), file('h')]],
    ['a hardlink to a link', [link('l', `${outside}/canary`), hard('h', 'l'), file('h')]],
    ['a whiteout through a link', [link('l', outside), file('l/.wh.canary')]],
    ['a whiteout with ..', [file(`${up}${outside.slice(1)}/.wh.canary`)]],
    ['an opaque mark through a link', [link('l', outside), file('l/.wh..wh..opq')]],
    ['two links, one through the other', [link('a', outside), link('b', 'a/deep'), file('b/new')]],
  ]
}

const contents = 'overwritten'

function tarOf(members: readonly RawFields[]): Buffer {
  return archiveOf(...members.map((fields) => rawMember(fields, (fields.type ?? '0') === '0' ? contents : '')))
}

function loadable(layer: Buffer): Buffer {
  return dockerArchive({ layer, manifest: [{ ...goodManifest[0], RepoTags: ['hostile'] }] })
}

/** Ways in for an archive; each goes as far as files on the disk. */
const entrances: [title: string, run: (space: Workspace, tar: Buffer) => Promise<number[]>][] = [
  [
    'import',
    async (space, tar) =>
      [
        await space.ibuild(['import', '-', 'hostile'], { input: tar }),
        await space.ibuild(['-q', '-o', 'out', '-'], { input: 'FROM hostile\n' }),
      ].map(({ code }) => code),
  ],
  [
    'load',
    async (space, tar) =>
      [
        await space.ibuild(['load'], { input: loadable(tar) }),
        await space.ibuild(['run', 'hostile', '/none']),
        await space.ibuild(['-q', '-o', 'out', '-'], { input: 'FROM hostile\n' }),
      ].map(({ code }) => code),
  ],
  ['an image archive', async (space, tar) => [(await space.ibuild(['load'], { input: tar })).code]],
  [
    'a context',
    async (space, tar) => [
      (
        await space.ibuild(['-q', '-o', 'out', '-'], {
          input: Buffer.concat([rawMember({ name: 'Dockerfile' }, 'FROM scratch\nCOPY . /\n'), tar]),
        })
      ).code,
    ],
  ],
  [
    'ADD',
    async (space, tar) => {
      writeFileSync(
        join(space.write('add', { Dockerfile: 'FROM scratch\nADD x.tar /\nCOPY x.tar /l/\n' }), 'x.tar'),
        tar,
      )
      return [(await space.ibuild(['-q', '-o', 'out', 'add'])).code]
    },
  ],
]

/** One after the other: each starts programs enough for all processors. */
const { serial } = test
/** Milliseconds after which a command, and a test, counts as one that hangs, however busy the machine is. */
const [longest, longestTest] = [300_000, 900_000]

for (const [entrance, enter] of entrances) {
  serial(`hostile archives by way of ${entrance} touch nothing outside`, async (t) => {
    t.timeout(longestTest)
    const space = await makeWorkspace(t)
    const outside = space.write('outside', { canary: 'alive', 'deep/canary': 'alive' })
    const before = statSync(join(outside, 'canary'))
    const codes: string[] = []
    for (const [title, members] of attacks(outside)) {
      const ended = await enter(space, tarOf(members))
      codes.push(ended.join(''))
      t.true(
        ended.every((code) => [0, 1, 2, 125, 126, 127].includes(code)),
        `${title}: ${ended.join()}`,
      )
      t.deepEqual(
        readdirSync(outside, { recursive: true, encoding: 'utf8' }).sort(),
        ['canary', 'deep', 'deep/canary'],
        title,
      )
      t.is(readFileSync(join(outside, 'canary'), 'utf8'), 'alive', title)
      t.deepEqual(statSync(join(outside, 'canary')).ctimeMs, before.ctimeMs, title)
      await space.ibuild(['rmi', 'hostile'])
    }
    t.log(codes.join(' '))
    await assertNothingLeft(t, space)
  })
}

/** `count` MiB of zeros in one file of a tar, compressed. */
function bomb(count: number): Buffer {
  const piece = gzipSync(Buffer.alloc(1 << 20))
  const head = gzipSync(rawHeader({ name: 'zeros', size: base256(...sizeBytes(count * (1 << 20))) }))
  return Buffer.concat([head, ...Array<Buffer>(count).fill(piece), gzipSync(Buffer.alloc(1024))])
}

function sizeBytes(size: number): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(size))
  return [...bytes]
}

needs(
  serial,
  'root',
  'mount',
  'unshare',
  'nsenter',
)('a small archive of much content ends with the disk, and gives it back', async (t) => {
  t.timeout(longestTest)
  const space = await makeSmallDisks(t, 16)
  const input = bomb(4096)
  t.true(input.length < 6 << 20)
  space.write('add', { Dockerfile: 'FROM scratch\nADD x.tgz /\n' })
  writeFileSync(join(space.folder, 'add/x.tgz'), input)
  for (const args of [
    ['import', '-', 'bomb'],
    ['load'],
    ['-q', '-t', 'bomb', '-'],
    ['-q', '-t', 'bomb', join(space.folder, 'add')],
  ]) {
    const output = await space.ibuild(args, { input })
    t.is(output.code, 1, output.stderr)
    t.regex(output.stderr, /\[(?:DISK_FULL|ARCHIVE_UNSAFE)\]/, args.join(' '))
    await assertNothingLeft(t, space, 'bomb')
  }
})

serial('zeros without end after an archive are refused after a while', async (t) => {
  t.timeout(longestTest)
  const space = await makeWorkspace(t)
  const frame = zstdCompressSync(Buffer.alloc(64 << 20))
  const input = Buffer.concat([zstdCompressSync(dockerArchive()), ...Array<Buffer>(1000).fill(frame)])
  t.true(input.length < 16 << 20)
  const output = await space.ibuild(['load'], { input, timeout: longest })
  t.is(output.code, 1)
  t.regex(output.stderr, /after the end of the archive \[ARCHIVE_UNSAFE\]/)
  await assertNothingLeft(t, space, 'loaded')
})

serial('a Dockerfile or JSON document that only grows by decompression is bounded', async (t) => {
  t.timeout(longestTest)
  const space = await makeWorkspace(t)
  const huge = archiveOf(rawMember({ name: 'Dockerfile' }, Buffer.alloc(40 << 20, '#')))
  const output = await space.ibuild(['-q', '-'], { input: gzipSync(huge) })
  t.not(output.code, 0)
  t.regex(output.stderr, /larger than \d+ bytes \[/)
  const manifest = archiveOf(rawMember({ name: 'manifest.json' }, Buffer.alloc(40 << 20, ' ')))
  t.regex((await space.ibuild(['load'], { input: gzipSync(manifest) })).stderr, /manifest\.json" is larger than/)
  await assertNothingLeft(t, space)
})

needs(
  serial,
  'root',
  'runc',
)('an image of 5000 layers is refused; merged it can be looked at, used and removed', async (t) => {
  t.timeout(longestTest)
  const space = await makeWorkspace(t)
  const layer = archiveOf(rawMember({ name: 'file', mtime: 1 }, 'x'))
  const count = 5000
  const config = {
    ...goodConfig(),
    rootfs: { type: 'layers', diff_ids: Array(count).fill(sha256(layer)) },
    history: [],
  }
  const manifest = [{ ...goodManifest[0], RepoTags: ['deep'], Layers: Array(count).fill('layer.tar') }]
  const input = dockerArchive({ layer, config, manifest })
  const refused = await space.ibuild(['load'], { input, timeout: longest })
  t.is(refused.code, 3)
  t.regex(
    refused.stderr,
    /^ibuild: deep:latest has 5000 layers: the most is 127 \[LAYER_LIMIT\]\nhint: .*--max-layers=auto/,
  )
  await space.ok(['load', '--max-layers=100'], { input, timeout: longest })
  t.is((await space.ok(['history', 'deep'])).stdout.trim().split('\n').length, count + 1)
  await space.ok(['inspect', 'deep'])
  const copy = await space.ibuild(['-q', '-o', 'out', '-'], { input: 'FROM deep\n', timeout: longest })
  t.is(copy.code, 0, copy.stderr)
  await space.ok(['rmi', 'deep'])
  await assertNothingLeft(t, space, 'bad')
})
