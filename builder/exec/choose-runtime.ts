import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { IbuildError } from '../../shared/base/errors.ts'
import { isExecutable } from './programs.ts'
import { type RuntimeFacts, readMemory, writeMemory } from './runtime-memory.ts'
import { type Outcome, unfiltered } from './try-runtime.ts'
import type { Executor } from './types.ts'

/** A runtime, why it was chosen, and the compiled seccomp profile that it takes, if it does. */
export interface ChosenRuntime {
  readonly about: Executor['runtime']
  readonly filter: string | undefined
}

export interface Choice {
  /** `runc`, `crun`, an absolute path, or undefined for the fastest that works. */
  readonly wanted: string | undefined
  readonly stateDir: string
  /** Absolute path of an installed program. */
  readonly find: (name: string) => string | undefined
  /** What a remembered trial holds for: it is not used with another value. */
  readonly hostKey: string
  /** Runs a container to learn what a runtime can do here. */
  readonly tryRuntime: (runtime: { readonly name: string; readonly path: string }) => Promise<Outcome>
}

/**
 * Picks the runtime. crun starts a container in a fraction of runc's time but refuses some hosts, so it is tried once
 * per host, boot and binary. RUNTIME_MISSING when there is none, or not the one that was named.
 */
export async function chooseRuntime(choice: Choice): Promise<ChosenRuntime> {
  if (choice.wanted !== undefined) return namedRuntime(choice, choice.wanted)
  const [crun, runc] = [choice.find('crun'), choice.find('runc')]
  if (crun === undefined && runc === undefined) throw missing('neither crun nor runc is installed')
  if (crun === undefined) return chosen(choice, runc, 'crun is not installed')
  const { failure } = await factsOf(choice, crun)
  if (failure === undefined) return chosen(choice, crun, 'crun works on this host, and starts faster than runc')
  if (runc === undefined) throw missing(`crun does not work on this host (${failure}), and runc is not installed`)
  return chosen(choice, runc, `crun does not work on this host: ${failure}`)
}

async function namedRuntime(choice: Choice, wanted: string): Promise<ChosenRuntime> {
  const file = path.isAbsolute(wanted) ? wanted : choice.find(wanted)
  if (file === undefined || !isExecutable(file)) throw missing(`the runtime ${wanted} is not installed`)
  const { version, failure } = await factsOf(choice, file)
  if (version === unknownVersion && failure !== undefined && failure !== unfiltered) {
    throw missing(`${file} does not work as a runtime: ${failure}`)
  }
  return chosen(choice, file, 'asked for')
}

function missing(message: string): IbuildError {
  return new IbuildError('RUNTIME_MISSING', message)
}

async function chosen(choice: Choice, file: string | undefined, reason: string): Promise<ChosenRuntime> {
  if (file === undefined) throw missing(reason)
  const { name, version, filter } = await factsOf(choice, file)
  return { about: { name, path: file, version, reason }, filter }
}

/** Stands for the version of a program that does not tell it as a runtime does. */
const unknownVersion = 'unknown'

/** What is known about a binary: from memory, if it is the same on the same host. */
async function factsOf(choice: Choice, file: string): Promise<RuntimeFacts> {
  const { mtimeMs, size } = fs.statSync(file)
  const binary = `${mtimeMs}-${size}`
  const memory = readMemory(choice.stateDir, choice.hostKey)
  const known = memory.get(file)
  if (known?.binary === binary) return known
  const version = await versionOf(file)
  // A program that says nothing like "runc version 1" may be anything, even one that does nothing and calls that success.
  const outcome =
    version.name === 'crun' || version.version === unknownVersion
      ? await choice.tryRuntime({ ...version, path: file })
      : {}
  const facts = { ...version, ...outcome, binary }
  writeMemory(choice.stateDir, choice.hostKey, new Map([...memory, [file, facts]]))
  return facts
}

const run = promisify(execFile)

async function versionOf(file: string): Promise<{ readonly name: string; readonly version: string }> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 10_000 })
    const [, name, version] = /^(\S+) version (\S+)/.exec(stdout) ?? []
    return { name: name ?? path.basename(file), version: version ?? unknownVersion }
  } catch (error) {
    throw new IbuildError('RUNTIME_MISSING', `${file} --version does not work`, { cause: error })
  }
}
