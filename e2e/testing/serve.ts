import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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

export interface ServeOptions {
  /** More arguments. */
  readonly args?: readonly string[]
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Program and first arguments in place of the command of the checkout. */
  readonly command?: readonly string[]
}

/** Starts the server on a port of its own with the data folder `root`; it ends with this process at the latest. */
export async function startServe(root: string, { args = [], env = {}, command }: ServeOptions = {}): Promise<Served> {
  mkdirSync(root, { recursive: true })
  const ibuild = command ?? [process.execPath, ibuildScript]
  const serve = ['serve', '--root', root, '--listen', '127.0.0.1:0', ...args]
  const file = openLog()
  const stdio: StdioOptions = ['ignore', file, file]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...ibuild, ...serve], {
    stdio,
    env: { ...process.env, ...env },
  })
  const log = (): string => readLog(file)
  child.once('error', () => undefined)
  const close: Served['close'] = (signal = 'SIGTERM') => end(child, signal)
  try {
    const host = await hostOf(child, log)
    return { host, pid: child.pid ?? 0, log, close, [Symbol.asyncDispose]: async () => void (await close()) }
  } catch (cause) {
    await close('SIGKILL')
    throw new Error(`ibuild serve did not start\n${tail(log())}`, { cause })
  }
}

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

/** Waits for the line that names the address. */
async function hostOf(child: ChildProcess, log: () => string): Promise<string> {
  for (const until = Date.now() + patience; Date.now() < until; await sleep(10)) {
    const [, host] = /^ibuild serves .* at http:\/\/(127\.0\.0\.1:\d+)/m.exec(log()) ?? []
    if (host !== undefined) return host
    if (child.pid === undefined) throw new Error('it could not be started')
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`)
  }
  throw new Error(`no address within ${patience} ms`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return child.exitCode ?? child.signalCode
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
