import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder below the system's folder for temporary files, removed when the test is over. */
export function temporaryFolder(t: { teardown(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
