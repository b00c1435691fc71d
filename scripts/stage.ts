import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunOutput, run } from '../e2e/testing/run.ts'
import { repository } from './repository.ts'

export interface Shown {
  readonly input?: Uint8Array
  /** File that is the input in place of that; it is shown. */
  readonly from?: string
  /** Who types it: somebody with logins of his own. */
  readonly who?: string
  /** True for a command that runs while others do; what it prints is shown when it ends. */
  readonly isBehind?: boolean
  /** Added to the environment, and shown before the command. */
  readonly env?: Readonly<Record<string, string>>
  /** Exit code that is expected; 0 unless told otherwise. */
  readonly code?: number
  /** Lines of output that are shown at most. */
  readonly lines?: number
}

/** Where the demo plays: a folder that its end removes, with a data folder in it. */
export interface Stage {
  readonly folder: string
  /** Data folder of the commands. */
  readonly data: string
  /** Begins an act. */
  readonly say: (text: string) => void
  /** Runs ibuild as a user would, shows the command and what it prints, and ends the demo when it fails. */
  readonly ibuild: (args: readonly string[], shown?: Shown) => Promise<string>
  /** Runs another program and shows the command; what it prints is given back, and shown when it fails as expected. */
  readonly program: (name: string, args: readonly string[], shown?: Shown) => Promise<string>
}

export function openStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-demo-'))
  const data = join(folder, 'data')
  let act = 0
  return {
    folder,
    data,
    say: (text) => console.log(`\n== ${++act}. ${text}`),
    ibuild: async (args, shown = {}) => {
      const started = performance.now()
      const words = [process.execPath, join(repository, 'bin/ibuild.cjs'), ...args]
      const output = await play(folder, { shown, words, line: ['ibuild', ...args] })
      const text = `${output.stderr}${output.stdout}`
      showOutput(text, shown.lines)
      console.log(`  (${Math.round(performance.now() - started)} ms)`)
      requireCode(output, shown, `ibuild ${args[0]}`)
      return text
    },
    program: async (name, args, shown = {}) => {
      const output = await play(folder, { shown, words: [name, ...args], line: [name, ...args] })
      if (output.code !== 0) showOutput(`${output.stderr}${output.stdout}`, shown.lines)
      requireCode(output, shown, name)
      return output.stdout
    },
  }
}

interface Played {
  readonly shown: Shown
  /** Program and arguments. */
  readonly words: readonly string[]
  /** As somebody would type it. */
  readonly line: readonly string[]
}

function play(folder: string, { shown, words: [program = '', ...args], line }: Played): Promise<RunOutput> {
  const { input, from, who = '', isBehind = false, env: added = {} } = shown
  const rest = `${from === undefined ? '' : ` < ${from}`}${isBehind ? ' &' : ''}`
  const before = Object.entries(added).map(([name, value]) => `${name}=${quoted(value)} `)
  console.log(`${who}$ ${before.join('')}${line.map(quoted).join(' ')}${rest}`)
  const logins = who === '' ? {} : loginsOf(folder, who)
  const stdin = from === undefined ? input : readFileSync(from)
  const env = { IBUILD_ROOT: join(folder, 'data'), ...logins, ...added }
  return run(program, args, { cwd: repository, env, ...(stdin !== undefined && { input: stdin }) })
}

/** Where docker and its kin, and podman and its kin, keep what somebody logged in with. */
function loginsOf(folder: string, who: string): Readonly<Record<string, string>> {
  const home = join(folder, 'home', who)
  return { DOCKER_CONFIG: join(home, '.docker'), REGISTRY_AUTH_FILE: join(home, 'auth.json') }
}

function quoted(word: string): string {
  return /^[\w./:=,@-]+$/.test(word) ? word : `'${word}'`
}

function showOutput(output: string, most = 40): void {
  const text = output.trimEnd().split('\n')
  for (const line of text.slice(0, most)) console.log(`  ${line}`)
  if (text.length > most) console.log(`  ... ${text.length - most} more lines`)
}

function requireCode({ code, stderr }: RunOutput, { code: expected = 0 }: Shown, what: string): void {
  if (code !== expected) throw new Error(`${what} ended with exit code ${code}\n${stderr}`)
}

/** Fails the demo when something that it tells is not so. */
export function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not as expected: ${what}`)
}
