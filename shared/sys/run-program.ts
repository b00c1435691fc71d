import { spawn } from 'node:child_process'

export interface ProgramOptions {
  /** Written to its stdin. */
  readonly input: string
  /** All of its environment; PATH in it says where the program is. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds until it is killed. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

export interface ProgramOutput {
  /** Exit code; 128 when a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Longest output that is taken. */
const mostOutput = 1024 * 1024

/**
 * Runs a small program to its end. A non-zero exit is a result. Errors: the system's when it cannot be started (ENOENT: there
 * is none); a plain error when it takes too long or says too much.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { input, env, timeout, signal }: ProgramOptions,
): Promise<ProgramOutput> {
  const child = spawn(program, args, { env, stdio: 'pipe', killSignal: 'SIGKILL', signal })
  const closed = Promise.withResolvers<number>()
  const output = { stdout: '', stderr: '' }
  let isTooLong = false
  // What the program started itself may hold the pipes after its end.
  const letGo = (): void => {
    child.kill('SIGKILL')
    child.stdout.destroy()
    child.stderr.destroy()
  }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      if (output[name].length <= mostOutput) return
      isTooLong = true
      letGo()
    })
  }
  child.on('exit', (_, ended) => ended === null || letGo())
  child.on('error', closed.reject).on('close', (code) => closed.resolve(code ?? 128))
  child.stdin.on('error', () => undefined) // one that ends without reading says so by its exit code
  child.stdin.end(input)
  let isLate = false
  // Not the timer of spawn, which stays behind, and the process with it, when there is no such program.
  const timer = setTimeout(() => {
    isLate = child.kill('SIGKILL')
  }, timeout)
  const code = await closed.promise.finally(() => clearTimeout(timer))
  if (isTooLong) throw new Error(`${program} says too much`)
  if (code === 128 && isLate) throw new Error(`${program} did not end in time`)
  return { code, ...output }
}
