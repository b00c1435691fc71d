import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DiskCall, parseStrace } from '../testing/disk-model.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript, type Workspace } from '../testing/workspace.ts'

export interface Trace {
  readonly calls: readonly DiskCall[]
  readonly stdout: string
  readonly stderr: string
}

export interface TraceOptions {
  /** Calls to log, or classes of them as strace names them. */
  readonly syscalls: readonly string[]
  /** Program and arguments that start the command with fewer rights. */
  readonly launcher?: readonly string[]
}

/** Runs the command in the workspace, with all that it starts, and logs calls that succeeded; failing is an error. */
export async function traceCommand(space: Workspace, args: readonly string[], options: TraceOptions): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-trace-'))
  const log = join(folder, 'log')
  const command = [...(options.launcher ?? []), process.execPath, ibuildScript, ...args]
  const flags = ['-f', '-q', '-y', '-s', '512', '-o', log, '-e', `trace=${options.syscalls.join(',')}`]
  try {
    const { stdout, stderr } = await runOk(requireProgram('strace'), [...flags, ...command], {
      cwd: space.folder,
      env: { IBUILD_ROOT: space.root },
    })
    const calls = parseStrace(readFileSync(log, 'utf8')).filter(({ result }) => !result.startsWith('-1'))
    return { calls, stdout, stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The absolute paths of what was opened, each once. */
export function openedPaths({ calls }: Trace): string[] {
  return [...new Set(calls.flatMap((call) => openedPath(call) ?? []))]
}

function openedPath({ call, result }: DiskCall): string | undefined {
  return call === 'openat' ? /^\d+<(.*)>$/.exec(result)?.[1] : undefined
}
