import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { requireProgram } from './programs.ts'

/** A program on a terminal of its own, and whoever sits before it. */
export interface Terminal {
  /** All that the terminal has shown, with its controls. */
  shown(): string
  /** Waits until the terminal shows something. */
  sees(pattern: RegExp): Promise<void>
  type(keys: string): void
  /** Its exit code. */
  ended(): Promise<number>
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
}

const longest = 60_000

/** Runs a program on a pseudo terminal that echoes what is typed; needs `script`. It ends with the test. */
export function openTerminal(
  t: Pick<ExecutionContext, 'teardown'>,
  command: readonly string[],
  { env }: TerminalOptions = {},
): Terminal {
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const child = spawn(requireProgram('script'), ['-qec', `stty echo; exec ${line}`, '/dev/null'], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? -1))
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  child.stdin.on('error', () => undefined)
  return {
    shown: () => shown,
    sees: async (pattern) => {
      for (const until = Date.now() + longest; !pattern.test(shown); await sleep(20))
        if (Date.now() > until) throw new Error(`the terminal does not show ${pattern}: ${JSON.stringify(shown)}`)
    },
    type: (keys) => void child.stdin.write(keys),
    ended: () => ended,
  }
}
