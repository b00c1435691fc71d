import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tail } from './run.ts'
import { ibuildScript } from './workspace.ts'

/** `ibuild serve`, running. */
export interface Served extends AsyncDisposable {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
  readonly pid: number
  /** What it has written so far. */
  log(): string
  /** Asks it to stop and waits; its exit code, or the name of the signal that ended it. */
  close(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

/** Milliseconds until it must answer. */
const patience = 30_000

/** Starts the server on a port of its own with the data folder `root`; it ends with this process at the latest. */
export async function startServe(root: string, args: readonly string[] = []): Promise<Served> {
  mkdirSync(root, { recursive: true })
  const command = [ibuildScript, 'serve', '--root', root, '--listen', '127.0.0.1:0', ...args]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pieces: string[] = []
  const log = (): string => pieces.join('')
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => pieces.push(text))
  const close: Served['close'] = async (signal = 'SIGTERM') => end(child, signal)
  try {
    const host = await hostOf(child, log)
    return { host, pid: child.pid ?? 0, log, close, [Symbol.asyncDispose]: async () => void (await close()) }
  } catch (cause) {
    await close('SIGKILL')
    throw new Error(`ibuild serve did not start\n${tail(log())}`, { cause })
  }
}

/** Waits for the line that names the address. */
async function hostOf(child: ChildProcess, log: () => string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const look = (): void => {
    const [, host] = /http:\/\/(127\.0\.0\.1:\d+)/.exec(log()) ?? []
    if (host !== undefined) resolve(host)
  }
  child.stdout?.on('data', look)
  child.stderr?.on('data', look)
  child.once('error', reject)
  child.once('exit', (code, signal) => reject(new Error(`it ended with ${code ?? signal}`)))
  const timer = setTimeout(() => reject(new Error(`no address within ${patience} ms`)), patience)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
  const { promise, resolve } = Promise.withResolvers<number | NodeJS.Signals | null>()
  child.once('exit', (code, by) => resolve(code ?? by))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
