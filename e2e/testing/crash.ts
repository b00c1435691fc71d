import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requireProgram } from './programs.ts'
import { run, tail } from './run.ts'

/**
 * System calls after which the disk looks different, or which promise that it stays so. A file that `openat` made is
 * seen at the call after it; `openat` itself is left out because most of its calls only read.
 */
const diskCalls: readonly string[] = (
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
  /** Only calls on paths below this folder count; without it all but those on pipes, sockets and wake-ups. */
  readonly within?: string
  /** Programs that the script starts are let go at once: calls of theirs do not count, and a kill spares them. */
  readonly threadsOnly?: boolean
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
 * for every other call, until a run completes. Calls on descriptors that are no files (pipes, wake-ups) are passed over.
 * Counting is per thread, because strace counts so; Node's pool has one thread here, and of the N-th calls of the main
 * thread and of the pool the earlier one is hit.
 */
export async function crashEveryCall(options: CrashOptions): Promise<CrashReport> {
  const reached: Record<string, number> = {}
  for (const [call, ordinals] of await listCalls(options)) {
    let kills = 0
    for (const n of ordinals) if (await crashAt(call, n, options)) kills++
    const last = ordinals.at(-1) ?? 0
    for (let n = last + 1; await crashAt(call, n, options); n++) kills++
    reached[call] = kills
  }
  return { reached, kills: Object.values(reached).reduce((sum, n) => sum + n, 0) }
}

/** Runs once unharmed. For each call that was made: which of them, counted per thread, were on files. */
async function listCalls(options: CrashOptions): Promise<Map<string, number[]>> {
  const calls = options.syscalls ?? diskCalls
  await options.prepare?.()
  const { log } = await runTraced(['-y', '-e', `trace=${calls.join(',')}`], options)
  const counts = new Map<string, number>()
  const ordinals = new Map<string, Set<number>>()
  for (const [, thread = '', call = '', rest = ''] of log.matchAll(/^(\d+) +(\w+)\((.*)$/gm)) {
    const count = (counts.get(thread + call) ?? 0) + 1
    counts.set(thread + call, count)
    if (!isCounted(rest, options)) continue
    ordinals.set(call, (ordinals.get(call) ?? new Set()).add(count))
  }
  return new Map([...ordinals].map(([call, set]) => [call, [...set].sort((a, b) => a - b)]))
}

/** False for the arguments of a call on a descriptor that is a pipe, a socket or a wake-up, or on another folder. */
function isCounted(args: string, { within }: CrashOptions): boolean {
  return within === undefined ? !/^\d+<[^/]/.test(args) : args.includes(`${within}/`)
}

/** True when the run was killed at its `n`-th call and that was on a file; false also when it came to its end. */
async function crashAt(call: string, n: number, options: CrashOptions): Promise<boolean> {
  await options.prepare?.()
  const inject = `inject=${call}:signal=KILL:when=${n}`
  const { log } = await runTraced(['-y', '-e', `trace=${call}`, '-e', inject], options)
  if (!log.includes(killed)) return false
  await options.check(`${call} ${n}`)
  return [...log.matchAll(/\((.*)(?:= \?|<unfinished \.\.\.>)$/gm)].some(([, rest = '']) => isCounted(rest, options))
}

const killed = 'killed by SIGKILL'

/** Runs the script under strace, to its end or its death; an end that is neither good nor caused by a kill is an error. */
async function runTraced(flags: readonly string[], options: CrashOptions): Promise<{ log: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crash-'))
  const file = path.join(folder, 'strace')
  const { script, args, env, cwd, threadsOnly = false, timeout = 60_000 } = options
  try {
    const follow = threadsOnly ? ['-f', '--detach-on=execve'] : ['-f']
    const command = [...follow, '-q', '-o', file, ...flags, process.execPath, script, ...args]
    const output = await run(requireProgram('strace'), command, {
      env: { ...env, UV_THREADPOOL_SIZE: '1' },
      timeout,
      ...(cwd !== undefined && { cwd }),
    })
    const log = await readFile(file, 'utf8')
    if (output.code === 0 || log.includes(killed)) return { log }
    throw new Error(`${script} ended with ${output.code} without being killed\n${tail(output.stderr)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
