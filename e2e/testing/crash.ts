import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireProgram } from './programs.ts'
import { run, runOk, tail } from './run.ts'

/**
 * Calls after which the disk looks different, or which promise that it stays so, as `testdata/crash/kill-at-call.c` names
 * them: `open` where it may make or empty a file, `fsync` with its like, `copy` inside the kernel.
 */
const diskCalls: readonly string[] =
  'open write copy truncate fsync rename link symlink unlink rmdir mkdir mount'.split(' ')

export interface CrashOptions {
  /** Script that runs under the Node of the test, for example the command's own entry. */
  readonly script: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Calls to kill at; all that change the disk unless told otherwise. */
  readonly calls?: readonly string[]
  /** Only calls on this folder and on what is below it count. */
  readonly within: string
  /** Runs before each run, to put the state back that the script starts from. */
  readonly prepare?: () => void | Promise<void>
  /** Runs after each kill, when no thread of the script is left; `at` says where it was, e.g. `rename 3`. */
  readonly check: (at: string) => void | Promise<void>
  /** Milliseconds for one run; default 60 000. */
  readonly timeout?: number
}

export interface CrashReport {
  readonly kills: number
  /** How many of them were at each call. */
  readonly reached: Readonly<Record<string, number>>
}

/**
 * Added to the environment of a script of TypeScript that is started many times: its compiled code is kept between runs.
 * The command keeps its own.
 */
export const keepCode = { NODE_COMPILE_CACHE: path.join(import.meta.dirname, '../../node_modules/.cache/tests') }

/**
 * Runs a script again and again and kills it with SIGKILL on entering its first, second, third ... call that changes the
 * disk, until a run completes. The calls of all threads count together; Node's pool has one thread here, so that their
 * order differs little between runs. Programs that the script starts do not count and are not killed.
 */
export async function crashEveryCall(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crash-'))
  try {
    const library = await makeKiller(folder)
    const reached: Record<string, number> = {}
    let kills = 0
    for (;;) {
      const call = await crashAt(kills + 1, { ...options, library, log: path.join(folder, 'calls') })
      if (call === undefined) return { kills, reached }
      kills++
      reached[call] = (reached[call] ?? 0) + 1
      await options.check(`${call} ${reached[call]}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Makes the library that kills; its path. */
export async function makeKiller(folder: string): Promise<string> {
  const library = path.join(folder, 'kill-at-call.so')
  await runOk(requireProgram('gcc'), ['-shared', '-fPIC', '-o', library, source])
  return library
}

const source = path.join(import.meta.dirname, '../../testdata/crash/kill-at-call.c')

interface CrashRun extends CrashOptions {
  readonly library: string
  /** Gets a line for each call that counts. */
  readonly log: string
}

/** The call that the run was killed at, its `n`-th; undefined when it came to its end. */
async function crashAt(n: number, options: CrashRun): Promise<string | undefined> {
  const { log, script } = options
  await options.prepare?.()
  await rm(log, { force: true })
  const { code, stderr } = await runPreloaded(n, options)
  if (code === 0) return undefined
  const calls = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  if (code === killed && calls.length >= n) return calls[n - 1]?.split(' ')[0]
  throw new Error(`${script} ended with ${code} without being killed\n${tail(stderr)}`)
}

/** 128 + SIGKILL. */
const killed = 137

async function runPreloaded(n: number, options: CrashRun): ReturnType<typeof run> {
  const { script, args, env, cwd, timeout = 60_000 } = options
  return run(process.execPath, [script, ...args], {
    env: { ...env, UV_THREADPOOL_SIZE: '1', ...crashEnv(n, options) },
    timeout,
    ...(cwd !== undefined && { cwd }),
  })
}

/** What tells the preloaded library to kill at the `n`-th call, or at none when that is 0. */
export function crashEnv(
  n: number,
  { library, log, within, calls = diskCalls }: Pick<CrashRun, 'library' | 'log' | 'within' | 'calls'>,
): Record<string, string> {
  return {
    LD_PRELOAD: library,
    CRASH_AT: String(n),
    CRASH_WITHIN: within,
    CRASH_CALLS: ` ${calls.join(' ')} `,
    CRASH_LOG: log,
  }
}
