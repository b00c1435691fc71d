import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'

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

/** An ext4 of 450 MB in a file that has holes, in a mount namespace of its own. */
const mounted =
  'truncate -s 450M "$1/image" && mkfs.ext4 -q -m 0 "$1/image" && mkdir "$1/disk" && ' +
  'mount -o loop "$1/image" "$1/disk" && exec "$2" "$3" "$1/disk"'

needs(
  test,
  'root',
  'unshare',
  'mkfs.ext4',
)('on a full disk pushes are refused, removals work, and it recovers by itself', async (t) => {
  t.timeout(180_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-full-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const script = path.join(import.meta.dirname, 'fill-disk.ts')
  const { stdout } = await runOk('unshare', ['-m', 'sh', '-c', mounted, 'sh', folder, process.execPath, script])
  const report: Report = JSON.parse(stdout)
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
})
