import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireProgram } from './programs.ts'
import { randomFrom } from './random.ts'
import { run, runOk, tail } from './run.ts'

/**
 * Calls after which other processes see something different on the disk, as `testdata/crash/kill-at-call.c` names them: `open`
 * where it may make or empty a file, `copy` inside the kernel. To be killed at an `fsync` leaves what being killed at the next of
 * them leaves: what was written stays when a process dies. What a power cut takes is worked out from a log of all calls.
 */
export const diskCalls: readonly string[] =
  'open write copy truncate rename link symlink unlink rmdir mkdir mount'.split(' ')

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
  /** Kills at so many calls at most, spread over all of them: one of each stretch of calls, the same ones each time. All without it. */
  readonly most?: number
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
export const keepCode = { NODE_COMPILE_CACHE: path.join(import.meta.dirname, '../../node_modules/.cache/compiled') }

/**
 * Runs a script again and again and kills it with SIGKILL on entering its first, second, third ... call that changes the
 * disk, until a run completes. The calls of all threads count together; Node's pool has one thread here, so that their
 * order differs little between runs. Programs that the script starts do not count and are not killed. With `most` of them
 * the first run is one without a kill, which counts them.
 */
export async function crashEveryCall(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crash-'))
  try {
    const run = { ...options, library: await makeKiller(folder), log: path.join(folder, 'calls') }
    const reached: Record<string, number> = {}
    let kills = 0
    for await (const n of callsToKillAt(run)) {
      const at = await crashAt(n, run)
      if (at === undefined) break
      kills++
      reached[at.call] = (reached[at.call] ?? 0) + 1
      await options.check(`${at.call} ${at.number}`)
    }
    return { kills, reached }
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

/** The numbers of the calls to kill at; a last one, that no run comes to, so that the last run is a whole one. */
async function* callsToKillAt(options: CrashRun): AsyncGenerator<number> {
  const { most } = options
  if (most === undefined) {
    for (let n = 1; ; n++) yield n
  }
  await crashAt(none, options)
  const count = (await callsIn(options.log)).length
  const random = randomFrom(count)
  const stretch = Math.max(1, count / most)
  for (let start = 0; Math.round(start) < count; start += stretch) {
    const [first, next] = [Math.round(start), Math.round(start + stretch)]
    yield first + 1 + random.int(next - first)
  }
  yield none
}

/** More calls than any script makes. */
const none = 2 ** 31

/** A call, and which of its like it is. */
interface Call {
  readonly call: string
  readonly number: number
}

/** The call that the run was killed at, its `n`-th; undefined when it came to its end. */
async function crashAt(n: number, options: CrashRun): Promise<Call | undefined> {
  const { log, script } = options
  await options.prepare?.()
  await rm(log, { force: true })
  const { code, stderr } = await runPreloaded(n, options)
  if (code === 0) return undefined
  const calls = (await callsIn(log)).slice(0, n)
  const call = calls[n - 1]
  if (code === killed && call !== undefined) return { call, number: calls.filter((each) => each === call).length }
  throw new Error(`${script} ended with ${code} without being killed\n${tail(stderr)}`)
}

async function callsIn(log: string): Promise<string[]> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  return lines.map((line) => line.split(' ')[0] ?? '')
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
