import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { assertFailure } from '../negative/leftovers.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const dockerfile = (text: string, label = ''): string => `FROM scratch\nCOPY <<E /x\n${text.repeat(2000)}\nE\n${label}`

async function report(space: Workspace, ...args: readonly string[]): Promise<Record<string, number>> {
  return JSON.parse((await space.ok(['prune', '--json', ...args])).stdout)
}

/** Makes all records look as if they were last used so many hours ago. */
function age(space: Workspace, hours: number): void {
  const time = Date.now() / 1000 - hours * 3600
  for (const key of openStore(space.root).records.list()) {
    utimesSync(join(space.root, 'records', hexOf(key).slice(0, 2), hexOf(key)), time, time)
  }
}

test('labels and times choose among images without a name', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'named', '-'], { input: dockerfile('named', 'LABEL team=a\n') })
  await space.ok(['-q', '-'], { input: dockerfile('one', 'LABEL team=a keep=yes\n') })
  await space.ok(['-q', '-'], { input: dockerfile('two', 'LABEL team=a\n') })
  await space.ok(['-q', '-'], { input: dockerfile('three') })
  const images = async (...filters: readonly string[]): Promise<number | undefined> => {
    const args = filters.flatMap((filter) => ['--filter', filter])
    return (await report(space, '--dry-run', ...args))['images']
  }
  t.is(await images(), 3)
  t.is(await images('until=1h'), 0)
  t.is(await images('until=0s'), 3)
  t.is(await images('label=team'), 2)
  t.is(await images('label=team=b'), 0)
  t.is(await images('label=team', 'label!=keep'), 1)
  t.is(await images('type=records'), 0)
  t.is((await report(space, '--filter', 'label=team', '--filter', 'label!=keep'))['images'], 1)
  t.is((await space.ok(['images', '-q'])).stdout.split('\n').length, 4)
})

test('until spares records that were used since; a build is such a use', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-q', '-t', 'app', '-'], { input: dockerfile('used') })
  await space.ok(['-q', '-t', 'app', '-'], { input: dockerfile('unused') })
  await space.ok(['rmi', 'app'])
  await space.ok(['prune'])
  const before = openStore(space.root).layers.list().length
  age(space, 48)
  await space.ok(['-q', '-'], { input: dockerfile('used') })
  const { layers, records } = await report(space, '--filter', 'until=24h', '--all')
  t.is(before, 2)
  t.is(layers, 1)
  t.true((records ?? 0) > 0)
  const again = await space.ok(['-t', 'app', '-'], { input: dockerfile('used') })
  t.regex(again.stderr, /CACHED/)
})

test('under --max-size the cache goes, longest unused first; what images need stays and is told', async (t) => {
  const space = await makeWorkspace(t)
  for (const text of ['old', 'middle', 'new']) {
    await space.ok(['-q', '-t', 'app', '-'], { input: dockerfile(text) })
    age(space, 0)
  }
  await space.ok(['rmi', 'app'])
  await space.ok(['prune'])
  t.is(openStore(space.root).layers.list().length, 3)
  const { left = 0 } = await report(space, '--dry-run')
  const capped = await report(space, '--max-size', String(left - 100))
  t.is(capped['layers'], 1)
  t.true((capped['left'] ?? Number.NaN) <= left - 100)

  await space.ok(['-q', '-t', 'app', '-'], { input: dockerfile('kept') })
  const { stdout, stderr } = await space.ok(['prune', '--max-size', '1k'])
  t.regex(stdout, /^removed 0 images, 2 layers/)
  t.regex(stderr, /stay, above --max-size: images and containers need them/)
  t.is(openStore(space.root).layers.list().length, 1)
})

test('a dry run lists each thing that would go, and nothing goes', async (t) => {
  const space = await makeWorkspace(t)
  t.is(
    (await space.ok(['prune', '--dry-run'])).stdout,
    'would remove 0 images, 0 layers, 0 snapshots, 0 blobs, 0 cache records: 0B would be freed\n',
  )
  await space.ok(['-q', '-'], { input: dockerfile('x') })
  const { stdout } = await space.ok(['prune', '--all', '--dry-run'])
  t.regex(stdout, /^KIND +ID +SIZE +STEP\nimage +\w{12} +0B\nrecord +\w{12} +\d+B +\S[^]*\nlayer +\w{12} +[\d.]+kB\n/)
  t.regex(stdout, /\nwould remove 1 image, 1 layer, 0 snapshots, \d blobs, 2 cache records: [\d.]+kB would be freed\n$/)
  t.is(openStore(space.root).images.list().length, 1)
  const dry = await report(space, '--all', '--dry-run')
  t.deepEqual({ ...(await report(space, '--all')), dryRun: true }, { ...dry, dryRun: true } as never)
  t.deepEqual(openStore(space.root).layers.list(), [])
})

const wrong: [args: string[], says: RegExp][] = [
  [['--filter', 'until=soon'], /neither a time nor how long ago/],
  [['--filter', 'typ=images'], /Did you mean type\?/],
  [['--filter', 'type=layer'], /unknown type "layer"[^]*The types are images, records, compressed, snapshots/],
  [['--filter', 'until!=1h'], /until does not take !=/],
  [['--max-size', 'much'], /is not a size/],
  [['x'], /too many arguments/],
]
for (const [args, says] of wrong) {
  test(`prune ${args.join(' ')}: refused`, async (t) => {
    const space = await makeWorkspace(t)
    assertFailure(t, await space.ibuild(['prune', ...args]), { code: 2, error: 'USAGE', says: [says] })
  })
}
