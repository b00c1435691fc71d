import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

interface Report {
  readonly outcomes: Readonly<Record<string, string>>
  readonly afterLargeBlob: readonly string[]
  readonly whenFull: { readonly left: readonly string[]; readonly seen: unknown }
}

needs(
  test,
  'root',
  'unshare',
)('a full disk is an error, and what was stored before stays', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'full-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const command = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" "$3" "$1"'
  const script = path.join(import.meta.dirname, 'fill-disk.ts')
  const { stdout } = await runOk('unshare', ['-m', 'sh', '-c', command, 'sh', folder, process.execPath, script])
  const report: Report = JSON.parse(stdout)
  t.log(report.outcomes)
  t.deepEqual(report.outcomes, {
    'blob larger than the disk': 'DISK_FULL',
    'small image': 'done',
    tag: 'done',
    'unused blob': 'done',
    'full: blob': 'DISK_FULL',
    'full: image': 'DISK_FULL',
    'full: tag': 'DISK_FULL',
    'full: record': 'DISK_FULL',
    'full: layer': 'DISK_FULL',
    'full: snapshot': 'DISK_FULL',
    'full: another store': 'DISK_FULL',
    'full: garbage collection': 'done',
    'again: image': 'done',
    'again: tag': 'done',
    'again: layer': 'done',
    'again: another store': 'done',
  })
  t.deepEqual(report.afterLargeBlob, [])
  t.deepEqual(report.whenFull.left, [])
  const expected = { tags: ['docker.io/library/app:1'], authors: ['first'], layers: [], records: [], snapshot: null }
  t.deepEqual(report.whenFull.seen, expected)
  t.deepEqual(readdirSync(folder), [], 'the mount was in a namespace of its own')
})
