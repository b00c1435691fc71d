import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tail } from './run.ts'

export interface DaemonOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Folder for the log; made when it is not there. */
  readonly directory: string
  /** Folders of the host that the daemon sees as empty and private, because it would leave files there. */
  readonly privateFolders: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Resolves to true once the daemon answers. */
  readonly ready: () => Promise<boolean>
}

export interface Daemon extends AsyncDisposable {
  /** What the daemon has written so far. */
  log(): string
  /** Asks the daemon to stop, kills it after five seconds. All its processes and mounts are gone afterwards. */
  close(): Promise<void>
}

/**
 * Starts a daemon in a mount and pid namespace of its own: when it, or this process, dies in whatever way, the kernel
 * kills everything it started and forgets its mounts. Needs root.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  mkdirSync(options.directory, { recursive: true })
  const logFile = join(options.directory, 'log')
  const child = launch(options, logFile)
  const log = (): string => readFileSync(logFile, 'utf8')
  const close = (): Promise<void> => stop(child)
  try {
    await untilReady(child, options.ready)
  } catch (cause) {
    await close()
    throw new Error(`${options.program} did not start\n${tail(log())}`, { cause })
  }
  return { log, close, [Symbol.asyncDispose]: close }
}

const namespaces = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
/** Arguments: the number of private folders, the folders, the program and its arguments. */
const script = `n=$1; shift; while [ "$n" -gt 0 ]; do mount -t tmpfs tmpfs "$1" || exit 1; shift; n=$((n-1)); done; exec "$@"`

function launch(options: DaemonOptions, logFile: string): ChildProcess {
  const folders = options.privateFolders
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  const log = openSync(logFile, 'w')
  const inside = ['sh', '-c', script, 'sh', String(folders.length), ...folders, options.program, ...options.args]
  try {
    return spawn('setpriv', [...namespaces, ...inside], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
    })
  } finally {
    closeSync(log)
  }
}

async function untilReady(child: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
  const failed = Promise.withResolvers<never>()
  child.once('error', failed.reject)
  child.once('exit', (code, signal) => failed.reject(new Error(`it ended with ${code ?? signal}`)))
  const poll = async (): Promise<void> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) if (await ready()) return
    throw new Error('it did not answer within a minute')
  }
  try {
    await Promise.race([failed.promise, poll()])
  } finally {
    child.removeAllListeners('exit')
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  const inner = firstChild(child.pid)
  if (inner !== undefined) process.kill(inner, 'SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), inner === undefined ? 0 : 5000)
  await promise
  clearTimeout(timer)
}

/** unshare does not pass signals on: the daemon itself is its only child. */
function firstChild(pid: number): number | undefined {
  try {
    const first = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10)
    return Number.isNaN(first) ? undefined : first
  } catch {
    return undefined
  }
}
