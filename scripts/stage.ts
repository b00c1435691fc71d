import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runOk } from '../e2e/testing/run.ts'
import { repository } from './repository.ts'

export interface Shown {
  readonly input?: Uint8Array
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
  /** Runs another program and shows the command; what it prints is given back. */
  readonly program: (name: string, args: readonly string[]) => Promise<string>
}

export function openStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-demo-'))
  const data = join(folder, 'data')
  let act = 0
  return {
    folder,
    data,
    say: (text) => console.log(`\n== ${++act}. ${text}`),
    ibuild: (args, shown) => ibuild(data, args, shown),
    program: async (name, args) => {
      console.log(`$ ${[name, ...args].join(' ')}`)
      return (await runOk(name, args)).stdout
    },
  }
}

async function ibuild(data: string, args: readonly string[], shown: Shown = {}): Promise<string> {
  const { input, lines = 40, code: expected = 0 } = shown
  console.log(`$ ibuild ${args.map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`)
  const started = performance.now()
  const options = { cwd: repository, env: { IBUILD_ROOT: data }, ...(input !== undefined && { input }) }
  const { code, stdout, stderr } = await run(process.execPath, [join(repository, 'bin/ibuild.cjs'), ...args], options)
  const text = `${stderr}${stdout}`.trimEnd().split('\n')
  for (const line of text.slice(0, lines)) console.log(`  ${line}`)
  if (text.length > lines) console.log(`  ... ${text.length - lines} more lines`)
  console.log(`  (${Math.round(performance.now() - started)} ms)`)
  if (code !== expected) throw new Error(`ibuild ${args[0]} ended with exit code ${code}`)
  return `${stderr}${stdout}`
}

/** Fails the demo when something that it tells is not so. */
export function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not as expected: ${what}`)
}
