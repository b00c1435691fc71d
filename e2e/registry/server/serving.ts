import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ibuildScript } from '../../testing/workspace.ts'

/** A server as a person or a unit file starts it. */
export interface Serving {
  /** As told on stdout. */
  readonly url: string
  readonly pid: number
  stdout(): string
  stderr(): string
  /** The log as JSON. */
  lines(): readonly Readonly<Record<string, unknown>>[]
  /** Waits, ten seconds at most, until the log matches. */
  logged(pattern: RegExp): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Kills with a signal and waits. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

export interface ServingOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Program and arguments that start the command, such as `ip netns exec x`. */
  readonly prefix?: readonly string[]
  /** The command; that of the checkout otherwise. */
  readonly ibuild?: readonly string[]
  /** What comes in the place of `serve`. */
  readonly command?: readonly string[]
}

const patience = 30_000

/** Starts `ibuild serve` with these arguments; it ends with the test at the latest. Rejects when it does not get ready. */
export async function startServing(
  t: { teardown(fn: () => unknown): void },
  args: readonly string[],
  { env, cwd, prefix = [], ibuild = [process.execPath, ibuildScript], command = ['serve'] }: ServingOptions = {},
): Promise<Serving> {
  const [program = '', ...words] = [...prefix, 'setpriv', '--pdeathsig', 'KILL', ...ibuild, ...command]
  const child = spawn(program, [...words, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, IBUILD_ROOT: undefined, ...env },
    ...(cwd !== undefined && { cwd }),
  })
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  const ended = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]): number | NodeJS.Signals => code ?? signal ?? -1,
  )
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> => {
    child.kill(signal)
    return ended
  }
  t.teardown(() => (isOver(child) ? undefined : stop('SIGKILL')))
  const url = await Promise.race([
    until(() => /^ibuild serves a registry at (\S+)\n/.exec(stdout())?.[1], patience, stderr),
    ended.then((code) => Promise.reject(new Error(`ibuild serve ended with ${code}\n${stdout()}${stderr()}`))),
  ])
  return {
    url,
    pid: child.pid ?? 0,
    stdout,
    stderr,
    lines: () =>
      stderr()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    logged: async (pattern) => void (await until(() => pattern.exec(stderr()), 10_000, stderr)),
    kill: (signal) => void child.kill(signal),
    ended,
    stop,
  }
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function gather(stream: NodeJS.ReadableStream): () => string {
  const pieces: string[] = []
  stream.setEncoding('utf8').on('data', (text: string) => pieces.push(text))
  return () => pieces.join('')
}

async function until<T>(look: () => T | null | undefined, time: number, log: () => string): Promise<T> {
  for (const end = Date.now() + time; ; await sleep(20)) {
    const found = look()
    if (found !== undefined && found !== null) return found
    if (Date.now() > end) throw new Error(`it did not come within ${time} ms; the log:\n${log()}`)
  }
}
