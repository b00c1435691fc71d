import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ibuildScript } from './workspace.ts'

/** How a process ended: its exit code, or the signal that ended it. */
export type End = number | NodeJS.Signals

/** `ibuild serve`, running. */
export interface Server {
  /** As told on stdout. */
  readonly url: string
  readonly pid: number
  /** What it has written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<End>
  /** Kills with a signal, SIGTERM unless told otherwise, and waits; nothing happens to one that has ended. */
  stop(signal?: NodeJS.Signals): Promise<End>
}

export interface ServerOptions {
  /** Added to the environment of this process; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Program and arguments that start the command, such as `ip netns exec x`. */
  readonly prefix?: readonly string[]
  /** Program and first arguments in place of the command of the checkout. */
  readonly ibuild?: readonly string[]
  /** What comes in the place of `serve`. */
  readonly command?: readonly string[]
}

/** Starts `ibuild serve` with these arguments; it ends with this process at the latest. Rejects when it does not get ready. */
export async function startServer(
  args: readonly string[],
  { env, cwd, prefix = [], ibuild = [process.execPath, ibuildScript], command = ['serve'] }: ServerOptions = {},
): Promise<Server> {
  const ownArgs = [...withoutNotary(command, args), ...args]
  const [program = '', ...words] = [...prefix, 'setpriv', '--pdeathsig', 'KILL', ...ibuild, ...command, ...ownArgs]
  const [out, err] = [openLog(), openLog()]
  const child = spawn(program, words, {
    stdio: ['ignore', out, err],
    env: { ...process.env, IBUILD_ROOT: undefined, ...env },
    ...(cwd !== undefined && { cwd }),
  })
  const [stdout, stderr] = [(): string => readLog(out), (): string => readLog(err)]
  const ended = once(child, 'exit').then(([code, signal]: (End | null)[]): End => code ?? signal ?? -1)
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<End> => {
    child.kill(signal)
    return ended
  }
  const written = (): string => stdout() + stderr()
  const look = (): string | undefined => {
    const url =
      /^ibuild (?:(?:serves (?:a registry|trusted collections)|signs for notary servers) at|looks after) (\S+)(?:, \S+)*\n/m.exec(
        stdout(),
      )?.[1]
    if (url === undefined && isOver(child))
      throw new Error(`ibuild serve ended with ${child.exitCode ?? child.signalCode}\n${written()}`)
    return url
  }
  try {
    const url = await until(look, patience, written)
    return { url, pid: child.pid ?? 0, stdout, stderr, kill: (signal) => void child.kill(signal), ended, stop }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Its port is not free on a machine where several tests run; those that want one say where. */
function withoutNotary([name, ...more]: readonly string[], args: readonly string[]): readonly string[] {
  const isSaid = args.some((word) => word.startsWith('--notary-listen'))
  return name === 'serve' && more.length === 0 && !isSaid ? ['--notary-listen', 'off'] : []
}

function isOver({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

/** Milliseconds until it must answer. */
const patience = 30_000

/** A file without a name: a pipe would make this process read what a busy server writes. */
function openLog(): number {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-serve-'))
  const file = openSync(join(folder, 'log'), 'a+')
  rmSync(folder, { recursive: true })
  return file
}

function readLog(file: number): string {
  const bytes = Buffer.alloc(fstatSync(file).size)
  readSync(file, bytes, 0, bytes.length, 0)
  return bytes.toString()
}

/** Waits, so many milliseconds at most, until there is something to be seen; the error shows the log. */
export async function until<T>(look: () => T | null | undefined, time: number, log: () => string): Promise<T> {
  for (const end = Date.now() + time; ; await sleep(10)) {
    const found = look()
    if (found !== undefined && found !== null) return found
    if (Date.now() > end) throw new Error(`it did not come within ${time} ms; the log:\n${log()}`)
  }
}

/** A server on a port of its own, plain HTTP. */
export interface Served extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly pid: number
  /** What it has written so far. */
  log(): string
  /** Asks it to stop and waits, ten seconds at most before it is killed; how it ended. */
  close(signal?: NodeJS.Signals): Promise<End>
}

export interface ServeOptions extends ServerOptions {
  /** More arguments. */
  readonly args?: readonly string[]
}

/** Starts a server with the data folder `root`. */
export async function startServe(root: string, { args = [], ...options }: ServeOptions = {}): Promise<Served> {
  mkdirSync(root, { recursive: true })
  const server = await startServer(['--root', root, '--listen', '127.0.0.1:0', ...args], options)
  const close: Served['close'] = async (signal) => {
    const timer = setTimeout(() => server.kill('SIGKILL'), 10_000)
    try {
      return await server.stop(signal)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    host: new URL(server.url).host,
    pid: server.pid,
    log: () => server.stdout() + server.stderr(),
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  }
}
