import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

/** A new directory that is removed when the test ends. */
export function temporaryDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'ibuild-layers-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
