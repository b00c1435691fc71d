import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { RunOutput } from '../testing/run.ts'
import type { Workspace } from '../testing/workspace.ts'

/** What a failed command must look like. */
export interface Failure {
  readonly code?: number
  /** The error code in brackets at the end of the first line of the error. */
  readonly error: string
  readonly says?: readonly (RegExp | string)[]
}

/** Asserts that a command failed as documented: exit code, `ibuild: ... [CODE]`, no stack trace, and nothing on stdout. */
export function assertFailure(t: ExecutionContext, output: RunOutput, { code = 1, error, says = [] }: Failure): void {
  t.is(output.code, code, output.stderr)
  t.regex(output.stderr, new RegExp(`^ibuild: .*\\[(?:${error})\\]$`, 'm'))
  t.notRegex(output.stderr, /unexpected error|^ {4}at /m)
  t.is(output.stdout, '')
  for (const words of says)
    t.true(
      typeof words === 'string' ? output.stderr.includes(words) : words.test(output.stderr),
      `${words}\n${output.stderr}`,
    )
}

/**
 * Asserts that nothing of a failed command is left: no tag `name`, no temporary folder after the next command, no mount, no
 * process, and a store that still works.
 */
export async function assertNothingLeft(t: ExecutionContext, space: Workspace, name?: string): Promise<void> {
  const { stdout: id } = await space.ok(['-q', '-'], { input: 'FROM scratch\nCOPY <<E /still\nworks\nE\n' })
  t.regex(id, /^sha256:[0-9a-f]{64}\n$/)
  t.deepEqual(readdirSync(join(space.root, 'tmp')), [])
  if (name !== undefined)
    t.deepEqual(
      tagsOf(space.root).filter((tag) => tag.includes(`/${name}:`)),
      [],
    )
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(space.folder), 'nothing is mounted')
  t.deepEqual(await processesIn(space.folder), [])
}

function tagsOf(root: string): string[] {
  return readdirSync(join(root, 'tags')).map((file) => {
    const { name } = JSON.parse(readFileSync(join(root, 'tags', file), 'utf8')) as { name: string }
    return name
  })
}

/** Processes whose command line, working directory or root names the folder; those that are about to end get a moment. */
async function processesIn(folder: string): Promise<string[]> {
  let found: string[] = []
  for (let i = 0; i < 20; i++) {
    found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && isIn(pid, folder))
    if (found.length === 0) break
    await sleep(50)
  }
  return found
}

function isIn(pid: string, folder: string): boolean {
  try {
    const places = ['cwd', 'root', 'exe'].map((name) => readlinkSync(`/proc/${pid}/${name}`))
    return [readFileSync(`/proc/${pid}/cmdline`, 'latin1'), ...places].some((text) => text.includes(folder))
  } catch {
    return false
  }
}
