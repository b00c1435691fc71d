import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DiskCall, parseStrace } from '../testing/disk-model.ts'
import { requireProgram } from '../testing/programs.ts'
import { type RunOutput, runOk } from '../testing/run.ts'
import { sourceScript, type Workspace } from '../testing/workspace.ts'

export interface Trace {
  /** Those that succeeded. */
  readonly calls: readonly DiskCall[]
  readonly stdout: string
  readonly stderr: string
}

/** Logs calls of whatever `start` runs behind the words of strace that it is given. `syscalls` are names as strace has them. */
export async function trace(
  syscalls: readonly string[],
  start: (strace: readonly string[]) => Promise<RunOutput>,
): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-trace-'))
  const log = join(folder, 'log')
  const flags = ['-f', '-q', '-y', '-s', '512', '-o', log, '-e', `trace=${syscalls.join(',')}`]
  try {
    const { stdout, stderr } = await start([requireProgram('strace'), ...flags])
    const calls = parseStrace(readFileSync(log, 'utf8')).filter(({ result }) => !result.startsWith('-1'))
    return { calls, stdout, stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the command in the workspace, with all that it starts; an exit code other than 0 is an error. */
export async function traceCommand(
  space: Workspace,
  args: readonly string[],
  syscalls: readonly string[],
): Promise<Trace> {
  return trace(syscalls, ([strace = '', ...flags]) =>
    runOk(strace, [...flags, process.execPath, sourceScript, ...args], {
      cwd: space.folder,
      env: { IBUILD_ROOT: space.root },
    }),
  )
}

/** The absolute paths of what was opened, each once. */
export function openedPaths({ calls }: Trace): string[] {
  return [...new Set(calls.flatMap((call) => openedPath(call) ?? []))]
}

function openedPath({ call, result }: DiskCall): string | undefined {
  return call === 'openat' ? /^\d+<(.*)>$/.exec(result)?.[1] : undefined
}
