import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

const policy = `version: 1
mode: enforce
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: old
    repos: { include: ["scratch/.*"] }
    tags: { keep: [latest], delete: [".*"] }
  - id: other
    repos: { include: ["other/.*"] }
    tags: { keep: [latest], delete: [".*"] }
`

test('images that were built here go by a policy, and what others have of them stays', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  await space.ok(['-q', '-t', 'scratch/app:latest', context])
  for (const name of ['scratch/app:1', 'other/app:1']) await space.ok(['tag', 'scratch/app:latest', name])
  const gc = (...words: string[]): ReturnType<typeof space.ibuild> =>
    space.ibuild(['gc', ...words, '--source', 'store'], { input: policy })

  const tried = await gc('preview', '--only', 'old', '--json', '-')
  t.is(tried.code, 0, tried.stderr)
  t.like(JSON.parse(tried.stdout.trimEnd().split('\n').at(-1) ?? ''), {
    kind: 'totals',
    totals: { deleted: 1, freed: 0 },
  })
  t.false(existsSync(join(space.root, 'retention')))

  await gc('policy', 'set', '-')
  t.regex((await gc('run')).stderr, /Remove 2 items \(.*\) from the store\? Nothing of it can come back\./)
  t.regex((await gc('run', '--only', 'old')).stderr, /Remove 1 item \(/, 'what is asked is what would be done')
  t.regex((await gc('run', '--only', 'none')).stderr, /the policy has no rule set "none"/)
  const done = await gc('run', '--only', 'old', '--yes')
  t.regex(done.stdout, /^run \w+: 1 removed/, done.stderr)
  const left = (await space.ok(['images'])).stdout
  t.regex(left, /^scratch\/app +latest /m)
  t.regex(left, /^other\/app +1 /m)
  t.notRegex(left, /^scratch\/app +1 /m)
  const audit = (await gc('audit', '--json')).stdout.trimEnd().split('\n')
  t.deepEqual(audit.map((line) => (JSON.parse(line) as { action: string }).action).slice(0, 2), ['policy', 'plan'])
})
