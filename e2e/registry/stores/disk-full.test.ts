import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../../testing/own-disk.ts'

interface Report {
  readonly hadBallast: boolean
  readonly whenFull: Readonly<Record<string, string>>
  readonly written: number
  readonly error: string
  readonly whenNothingIsLeft: Readonly<Record<string, unknown>>
  readonly whenFree: Readonly<Record<string, unknown>>
  readonly reopened: Readonly<Record<string, unknown>>
  readonly notices: readonly string[]
}

needs(test, ...diskNeeds.ext4)(
  'on a full disk pushes are refused, removals work, and it recovers by itself',
  async (t) => {
    t.timeout(180_000)
    const script = path.join(import.meta.dirname, 'fill-disk.ts')
    const report = (await runOnDisk(t, script, { kind: 'ext4', size: '450M' })) as Report
    t.log(report)
    t.true(report.hadBallast)
    t.deepEqual(report.whenFull, {
      'push a manifest': 'UNAVAILABLE 507',
      'start an upload': 'UNAVAILABLE 507',
      'remove a tag': 'done',
      'remove a manifest': 'done',
      'remove a blob': 'done',
      pull: 'done',
    })
    t.is(report.error, 'DISK_FULL')
    t.deepEqual(report.whenNothingIsLeft, { 'remove a tag': 'UNAVAILABLE 507', pull: 'done', rows: 0 })
    t.deepEqual(report.whenFree, { 'push a manifest': 'done', tags: ['next', 'old'] })
    t.deepEqual(report.reopened, { rows: 0, old: true, tags: ['next', 'old'], problems: [] })
    t.true(report.notices.some((notice) => notice.includes('no space left')))
    t.true(report.notices.some((notice) => notice.includes('again')))
  },
)

needs(test, ...diskNeeds.tmpfs)('a registry is started on a disk that is full, and rows can be removed', async (t) => {
  t.timeout(60_000)
  const script = path.join(import.meta.dirname, 'open-when-full.ts')
  t.deepEqual(await runOnDisk(t, script, { kind: 'tmpfs', size: '90m' }), ['1', 'removed'])
})

needs(test, ...diskNeeds.tmpfs)(
  'on a full disk a tag is deleted, garbage collection makes room, and pushes are taken again',
  async (t) => {
    t.timeout(60_000)
    const script = path.join(import.meta.dirname, 'collect-when-full.ts')
    t.deepEqual(await runOnDisk(t, script, { kind: 'tmpfs', size: '90m' }), {
      refused: 'UNAVAILABLE 507',
      deleted: 'done',
      isCollected: true,
      pushed: 'done',
      tags: ['kept', 'next'],
      problems: [],
      failures: 0,
      notices: [],
    })
  },
)
