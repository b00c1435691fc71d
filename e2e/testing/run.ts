import { spawn } from 'node:child_process'

export interface RunOutput {
  /** Exit code; 128 + N when signal N ended the program. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** stdout as bytes, for programs that write archives. */
  readonly bytes: Buffer
}

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of this process; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string | Uint8Array
  /** Milliseconds until the program is killed; 120 000 unless told otherwise. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** Runs a program to its end. A non-zero exit is a result; a program that cannot be started or times out is an error. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<RunOutput>()
  const timeout = options.timeout ?? 120_000
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
    timeout,
    killSignal: 'SIGKILL',
    signal: options.signal,
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
  child.stdin.on('error', () => undefined) // a program that ends without reading its input says so by its exit code
  child.stdin.end(options.input)
  const started = Date.now()
  child.on('error', reject)
  child.on('close', (code, signal) => {
    const bytes = Buffer.concat(stdout)
    const text = { stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() }
    if (signal === 'SIGKILL' && Date.now() - started >= timeout) {
      reject(new Error(`${commandLine(program, args)} did not end within ${timeout} ms\n${tail(text.stderr)}`))
    } else resolve({ code: code ?? 128 + signalNumber(signal), ...text, bytes })
  })
  return promise
}

/** As {@link run}, but a non-zero exit is an error that shows the command line and the end of stderr. */
export async function runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunOutput> {
  const output = await run(program, args, options)
  if (output.code !== 0) {
    const shown = tail(output.stderr === '' ? output.stdout : output.stderr)
    throw new Error(`${commandLine(program, args)} ended with ${output.code}\n${shown}`)
  }
  return output
}

/** The last lines of a text, for messages. */
export function tail(text: string, lines = 40): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

function commandLine(program: string, args: readonly string[]): string {
  return [program, ...args].join(' ').slice(0, 400)
}

const signals = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGABRT', 6],
  ['SIGKILL', 9],
  ['SIGSEGV', 11],
  ['SIGPIPE', 13],
  ['SIGTERM', 15],
])

function signalNumber(signal: NodeJS.Signals | null): number {
  return signals.get(signal ?? '') ?? 127
}
