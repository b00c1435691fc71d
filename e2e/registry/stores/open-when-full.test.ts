import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'

/** A disk of 90 MB in memory, in a mount namespace of its own. */
const mounted = 'mount -t tmpfs -o size=90m none "$1" && exec "$2" "$3" "$1"'

needs(
  test,
  'root',
  'unshare',
)('a registry is started on a disk that is full, and rows can be removed', async (t) => {
  t.timeout(60_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-full-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const script = path.join(import.meta.dirname, 'open-when-full.ts')
  const { stdout } = await runOk('unshare', ['-m', 'sh', '-c', mounted, 'sh', folder, process.execPath, script])
  t.deepEqual(JSON.parse(stdout), ['1', 'removed'])
})
