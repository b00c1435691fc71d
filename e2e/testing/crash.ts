import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireProgram } from './programs.ts'
import { run, tail } from './run.ts'

/**
 * System calls after which the disk looks different, or which promise that it stays so. A file that `openat` made is
 * seen at the call after it; `openat` itself is left out because most of its calls only read.
 */
export const diskCalls: readonly string[] = (
  'write pwrite64 fsync fdatasync syncfs ftruncate copy_file_range sendfile link linkat symlink symlinkat ' +
  'rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat'
).split(' ')

export interface CrashOptions {
  /** Script that runs under the Node of the test, for example the command's own entry. */
  readonly script: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Calls to kill at; {@link diskCalls} unless told otherwise. */
  readonly syscalls?: readonly string[]
  /** Runs before each run, to put the state back that the script starts from. */
  readonly prepare?: () => void | Promise<void>
  /** Runs after each kill, when no process of the run is left; `at` says where it was, e.g. `rename 3`. */
  readonly check: (at: string) => void | Promise<void>
  /** Milliseconds for one run; default 60 000. */
  readonly timeout?: number
}

export interface CrashReport {
  readonly kills: number
  /** For each call that the script makes, how often it was killed at it: then a run completed. */
  readonly reached: Readonly<Record<string, number>>
}

/**
 * Runs a script again and again and kills it with SIGKILL on entering its first, second, third ... `rename`, then the same
 * for every other call, until a run completes. Counting is per thread (so does strace); one thread serves Node's pool, so
 * that the count of each call covers the main thread and the pool.
 */
export async function crashEveryCall(options: CrashOptions): Promise<CrashReport> {
  const reached: Record<string, number> = {}
  for (const call of options.syscalls ?? diskCalls) {
    const kills = await crashEvery(call, options)
    if (kills > 0) reached[call] = kills
  }
  return { reached, kills: Object.values(reached).reduce((sum, n) => sum + n, 0) }
}

async function crashEvery(call: string, options: CrashOptions): Promise<number> {
  for (let n = 1; ; n++) {
    await options.prepare?.()
    const killed = await runKilled(call, n, options)
    if (!killed) return n - 1
    await options.check(`${call} ${n}`)
  }
}

/** True when the run was killed; false when it came to its end, which must be a good one. */
async function runKilled(call: string, n: number, options: CrashOptions): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crash-'))
  const log = path.join(folder, 'strace')
  const { script, args, env, cwd, timeout = 60_000 } = options
  const strace = ['-f', '-q', '-o', log, '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`]
  try {
    const output = await run(requireProgram('strace'), [...strace, process.execPath, script, ...args], {
      env: { ...env, UV_THREADPOOL_SIZE: '1' },
      timeout,
      ...(cwd !== undefined && { cwd }),
    })
    if ((await readFile(log, 'utf8')).includes('killed by SIGKILL')) return true
    if (output.code === 0) return false
    throw new Error(`${script} ended with ${output.code} without being killed\n${tail(output.stderr)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
