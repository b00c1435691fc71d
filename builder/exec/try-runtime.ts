import fs from 'node:fs'
import { trialFolder } from './leftovers.ts'
import { compileSeccomp } from './libseccomp.ts'
import type { SeccompConfig } from './seccomp.ts'
import { filteredExitCode, trialProgram, unfilteredExitCode } from './trial-program.ts'
import type { RunRequest, RunResult } from './types.ts'

/** What a trial told. */
export interface Outcome {
  /** Why the runtime cannot be used here; undefined when it can. */
  readonly failure?: string
  /** The compiled seccomp profile as base64, when the runtime takes that: it saves compiling it for every container. */
  readonly filter?: string
}

/** The failure of a runtime that ran the trial, but with no seccomp filter in force. */
export const unfiltered = 'it does not filter system calls'

export interface Trial {
  readonly stateDir: string
  readonly seccomp: SeccompConfig
  /** Runs a container with a compiled profile, or with one that the runtime compiles. */
  readonly run: (request: RunRequest, filter: string | undefined) => Promise<RunResult>
}

/** Runs the smallest container there is, first with a compiled seccomp profile, and looks whether it is in force. */
export async function tryRuntime(trial: Trial): Promise<Outcome> {
  const program = trialProgram(process.arch)
  if (program === undefined) return { failure: `there is no trial program for ${process.arch}` }
  const filter = compiled(trial.seccomp)
  if (filter !== undefined && (await tryOnce(trial, program, filter)) === undefined) return { filter }
  const failure = await tryOnce(trial, program, undefined)
  return failure === undefined ? {} : { failure }
}

function compiled(seccomp: SeccompConfig): string | undefined {
  try {
    return compileSeccomp(seccomp).toString('base64')
  } catch {
    return undefined // no libseccomp that could be loaded: the runtime has its own
  }
}

async function tryOnce(trial: Trial, program: Buffer, filter: string | undefined): Promise<string | undefined> {
  const folder = trialFolder(trial.stateDir)
  fs.mkdirSync(folder, { recursive: true })
  try {
    return problemOf(await trial.run(trialRequest(folder, program), filter))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function problemOf({ exitCode }: RunResult): string | undefined {
  if (exitCode === filteredExitCode) return undefined
  if (exitCode === unfilteredExitCode) return unfiltered
  return `a trial program ended with ${exitCode}`
}

function trialRequest(folder: string, program: Buffer): RunRequest {
  const [lower, upper, scratch] = [`${folder}/lower`, `${folder}/upper`, `${folder}/scratch`] as const
  for (const path of [lower, upper, scratch]) fs.mkdirSync(path)
  fs.writeFileSync(`${lower}/trial`, program)
  fs.chmodSync(`${lower}/trial`, 0o755)
  return {
    lowers: [lower],
    upper,
    scratch,
    args: ['/trial'],
    env: [],
    cwd: '/',
    user: { uid: 0, gid: 0, additionalGids: [] },
    hostname: 'trial',
    network: 'none',
    extraHosts: [],
    limits: {},
    files: [],
    onOutput: () => undefined,
    signal: AbortSignal.timeout(30_000),
  }
}
