import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { busyboxTar, makeWorkspace } from '../testing/workspace.ts'
import { assertFailure, assertNothingLeft, type Failure } from './leftovers.ts'
import { makeSmallDisks, type SmallDisks } from './small-disk.ts'

const withDisks = needs(test.serial, 'root', 'busybox', 'tar', 'mount', 'unshare', 'nsenter', 'runc')
const mebi = 1024 * 1024
const full: Failure = { error: 'DISK_FULL', says: [/space|disk/, 'hint: Free some space'] }

/** Files of that many MiB that do not compress. */
function bigFiles(folder: string, sizes: readonly number[]): string {
  mkdirSync(folder, { recursive: true })
  for (const [i, size] of sizes.entries()) writeFileSync(join(folder, `big${i}`), randomBytes(size * mebi))
  return folder
}

withDisks(
  'RUN, COPY, import and load on a full disk are DISK_FULL, leave nothing, and go on when there is room',
  async (t) => {
    const space = await makeSmallDisks(t, 16)
    const big = bigFiles(join(space.folder, 'big'), [20])
    await space.ok(['import', '-', 'busybox'], { input: await busyboxTar() })

    const writes = space.write('writes', { Dockerfile: 'FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=30\n' })
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', writes]), {
      ...full,
      says: [/exit code 1/, /Dockerfile:2/],
    })
    await assertNothingLeft(t, space, 'bad')

    space.write('big', { Dockerfile: 'FROM busybox\nCOPY big0 /\n' })
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', big]), full)
    await assertNothingLeft(t, space, 'bad')

    const many = bigFiles(join(space.folder, 'many'), [9, 9])
    space.write('many', { Dockerfile: 'FROM busybox\nCOPY big0 /\nCOPY big1 /\n' })
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', many]), full)
    await assertNothingLeft(t, space, 'bad')

    const { bytes: tar } = await runOk('tar', ['-C', big, '-c', 'big0'])
    assertFailure(t, await space.ibuild(['import', '-', 'bad'], { input: tar }), full)
    await assertNothingLeft(t, space, 'bad')

    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', '-f', 'big0', '-'], { input: tar }), full)
    await assertNothingLeft(t, space, 'bad')

    const archive = space.write('archive', { Dockerfile: 'FROM busybox\nADD x.tgz /\n' })
    await runOk('sh', ['-c', 'head -c 30000000 /dev/zero > zeros && tar -czf x.tgz zeros && rm zeros'], {
      cwd: archive,
    })
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', archive]), full)
    await assertNothingLeft(t, space, 'bad')

    const other = await makeWorkspace(t)
    await other.ok(['import', '-', 'bad'], { input: tar })
    for (const format of ['docker', 'oci']) {
      const { bytes } = await other.ok(['save', 'bad', '--format', format])
      assertFailure(t, await space.ibuild(['load'], { input: bytes }), full)
      await assertNothingLeft(t, space, 'bad')
    }

    await space.ok(['prune', '--all'])
    space.write('many', { Dockerfile: 'FROM busybox\nCOPY big0 /\n' })
    await space.ok(['-t', 'good', many])
    assertFailure(t, await space.ibuild(['run', 'good', 'true']), { ...full, code: 125 })
    await assertNothingLeft(t, space)
    await space.ok(['rmi', 'good'])
    await space.ok(['prune', '--all'])
    bigFiles(many, [3])
    await space.ok(['-t', 'good', many])
    t.is((await space.ok(['run', 'good', 'stat', '-c', '%s', '/big0'])).stdout, `${3 * mebi}\n`)
  },
)

const outputs: [title: string, args: (space: SmallDisks) => readonly string[]][] = [
  ['save -o', (space) => ['save', 'big', '-o', join(space.output, 'x.tar')]],
  ['save --format oci -o', (space) => ['save', 'big', '--format', 'oci', '-o', join(space.output, 'x.tar')]],
  [
    '-o type=oci',
    (space) => ['--progress', 'quiet', '-o', `type=oci,dest=${space.output}/x.tar`, join(space.folder, 'big')],
  ],
  [
    '-o type=docker',
    (space) => ['--progress', 'quiet', '-o', `type=docker,dest=${space.output}/x.tar`, join(space.folder, 'big')],
  ],
  [
    '-o type=tar',
    (space) => ['--progress', 'quiet', '-o', `type=tar,dest=${space.output}/x.tar`, join(space.folder, 'big')],
  ],
]

withDisks('an output to a full disk is DISK_FULL and leaves no half file', async (t) => {
  const space = await makeSmallDisks(t, 32)
  bigFiles(join(space.folder, 'big'), [5])
  await space.ok(['-t', 'big', space.write('big', { Dockerfile: 'FROM scratch\nCOPY big0 /\n' })])
  for (const [title, args] of outputs) {
    t.log(title)
    const output = await space.ibuild(args(space))
    assertFailure(t, output, full)
    t.deepEqual(readdirSync(space.outputSeen), [])
    await assertNothingLeft(t, space)
  }
  assertFailure(
    t,
    await space.ibuild(['--progress', 'quiet', '-o', `${space.output}/files`, join(space.folder, 'big')]),
    full,
  )
  await assertNothingLeft(t, space)
})

withDisks('with not a byte left, images are listed, removed and pruned, and then builds work again', async (t) => {
  const space = await makeSmallDisks(t, 16)
  bigFiles(join(space.folder, 'big'), [3])
  const context = space.write('big', { Dockerfile: 'FROM scratch\nCOPY big0 /\n' })
  await space.ok(['-t', 'first', context])
  await space.ok(['tag', 'first', 'second'])
  space.fill()
  t.regex((await space.ok(['images'])).stdout, /^first .*\n?second|^second .*\n?first/m)
  t.regex((await space.ok(['history', 'first'])).stdout, /COPY big0/)
  space.write('big', { Dockerfile: 'FROM scratch\nCOPY big0 /other/\n' })
  assertFailure(t, await space.ibuild(['-t', 'third', '--progress', 'quiet', context]), full)
  assertFailure(t, await space.ibuild(['tag', 'first', 'third']), full)
  t.notRegex((await space.ok(['images'])).stdout, /third/)
  await space.ok(['rmi', 'first'])
  await space.ok(['rmi', 'second'])
  await space.ok(['prune', '--all'])
  await space.ok(['-t', 'third', context])
  await space.ok(['rmi', 'third'])
  await space.ok(['prune', '--all'])
  await assertNothingLeft(t, space)
})
