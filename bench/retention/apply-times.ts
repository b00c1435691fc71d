import { openRetained } from '../../e2e/retention/testing/open-retained.ts'
import { timed } from '../servers/row.ts'

const year = 365 * 24 * 60 * 60 * 1000

const policy = `version: 1
mode: propose
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: all
    delete: [{ olderThan: { pushed: 90d } }]
`

/** Plans that all tags go, applies that and gives all back: seconds of the plan, tags removed and given back in a second. */
export async function applyTimes(root: string, tags: number): Promise<readonly number[]> {
  const notices: string[] = []
  const opened = await openRetained(root, { now: () => Date.now() + year, onNotice: (text) => void notices.push(text) })
  const { retention } = opened
  try {
    if ((await retention.policies.show()).version === 0) await retention.policies.set(policy, 'bench')
    const done = { plan: '', run: '', removed: 0, restored: 0 }
    const planned = await timed(async () => {
      done.plan = (await retention.plan('bench')).id
    })
    const applied = await timed(async () => {
      const run = await retention.apply(done.plan, 'bench')
      done.run = run.id
      done.removed = run.removed
    })
    const restored = await timed(async () => {
      done.restored = (await retention.undo(done.run, 'bench')).restored.length
    })
    if (done.removed !== tags || done.restored !== tags || notices.length > 0)
      throw new Error(`${done.removed} of ${tags} tags went, ${done.restored} came back: ${notices.join('; ')}`)
    return [planned / 1000, (tags * 1000) / applied, (tags * 1000) / restored]
  } finally {
    await opened.close()
  }
}
