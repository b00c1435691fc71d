import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace } from '../testing/workspace.ts'

interface Report {
  readonly totals: object
  readonly layers: readonly { readonly instruction: string; readonly wastedBytes: number }[]
  readonly findings: readonly { readonly kind: string; readonly rewrite: string }[]
}

needs(
  test.serial,
  'root',
  'buildah',
)('an image of buildah wastes what the same image of ours does', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', {
    Dockerfile: 'FROM scratch\nCOPY one /d/\nCOPY two /d/\nCOPY --chown=7:8 two /d/\n',
    'one/a': 'a'.repeat(3000),
    'one/b': 'b'.repeat(500),
    'two/a': 'A'.repeat(700),
  })
  const storage = [
    '--root',
    join(space.folder, 'cs'),
    '--runroot',
    join(space.folder, 'run'),
    '--storage-driver',
    'vfs',
  ]
  await runOk('buildah', [...storage, 'build', '--layers', '-t', 'theirs', context])
  await space.ok(['-q', '-t', 'ours', context])
  for (const format of ['oci-archive', 'docker-archive']) {
    const archive = join(space.folder, `${format}.tar`)
    await runOk('buildah', [...storage, 'push', 'theirs', `${format}:${archive}:theirs:1`])
    await space.ok(['load', '-t', `${format}:1`, archive])
    const theirs = await analyze(`${format}:1`)
    const ours = await analyze('ours')
    t.deepEqual(theirs.totals, ours.totals)
    t.like(theirs.totals, { bytes: 3500 + 700 + 700, wastedBytes: 3000 + 700 })
    t.deepEqual(
      theirs.findings.map(({ kind, rewrite }) => [kind, rewrite]),
      ours.findings.map(({ kind, rewrite }) => [kind, rewrite]),
    )
    t.deepEqual(
      theirs.layers.map(({ instruction, wastedBytes }) => [instruction.split(' ')[0], wastedBytes]),
      [
        ['COPY', 3000],
        ['COPY', 700],
        ['COPY', 0],
      ],
    )
  }

  async function analyze(name: string): Promise<Report> {
    return JSON.parse((await space.ok(['analyze', '--json', name])).stdout) as Report
  }
})
