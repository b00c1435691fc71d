import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../../testing/own-disk.ts'

needs(test, ...diskNeeds.tmpfs)(
  'on a full disk what is refused is not told, what goes is, and nothing is lost when there is room again',
  async (t) => {
    t.timeout(120_000)
    const script = path.join(import.meta.dirname, '../stores/events-when-full.ts')
    const report = (await runOnDisk(t, script, { kind: 'tmpfs', size: '90m' })) as Readonly<Record<string, unknown>>
    t.deepEqual(report, {
      pushed: 'UNAVAILABLE 507',
      removed: 'done',
      after: 'done',
      heard: ['push one', 'push two', 'delete one', 'push three'],
      last: 8,
      dead: 0,
      backlog: 0,
    })
  },
)
