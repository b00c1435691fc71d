import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { IbuildError } from '../../shared/base/errors.ts'
import { findProgram, isExecutable } from './programs.ts'
import { type RuntimeFacts, readMemory, writeMemory } from './runtime-memory.ts'
import type { Executor } from './types.ts'

type Runtime = Executor['runtime']

export interface Choice {
  /** `runc`, `crun`, an absolute path, or undefined for the fastest that works. */
  readonly wanted: string | undefined
  readonly stateDir: string
  /** What a remembered trial holds for: it is not used with another value. */
  readonly hostKey: string
  /** Runs a container; resolves to undefined when it worked, else to what went wrong. */
  readonly tryRuntime: (runtime: { readonly name: string; readonly path: string }) => Promise<string | undefined>
}

/**
 * Picks the runtime. crun starts a container in a fraction of runc's time but refuses some hosts, so it is tried once
 * per host, boot and binary. RUNTIME_MISSING when there is none, or not the one that was named.
 */
export async function chooseRuntime(choice: Choice): Promise<Runtime> {
  if (choice.wanted !== undefined) return await namedRuntime(choice, choice.wanted)
  const [crun, runc] = [findProgram('crun'), findProgram('runc')]
  if (crun !== undefined) {
    const facts = await factsOf(choice, crun, true)
    if (facts.failure === undefined)
      return { ...facts, path: crun, reason: 'crun works on this host and starts fastest' }
    if (runc === undefined)
      throw new IbuildError('RUNTIME_MISSING', `crun does not work on this host: ${facts.failure}`)
    const reason = `crun does not work on this host: ${facts.failure}`
    return { ...(await factsOf(choice, runc, false)), path: runc, reason }
  }
  if (runc === undefined) throw new IbuildError('RUNTIME_MISSING', 'neither crun nor runc is installed')
  return { ...(await factsOf(choice, runc, false)), path: runc, reason: 'crun is not installed' }
}

async function namedRuntime(choice: Choice, wanted: string): Promise<Runtime> {
  const file = path.isAbsolute(wanted) ? wanted : findProgram(wanted)
  if (file === undefined || !isExecutable(file)) throw new IbuildError('RUNTIME_MISSING', `${wanted} is not installed`)
  return { ...(await factsOf(choice, file, false)), path: file, reason: 'asked for' }
}

/** Name, version and (when asked) the outcome of a trial, from memory if the binary is the same. */
async function factsOf(choice: Choice, file: string, withTrial: boolean): Promise<RuntimeFacts> {
  const { mtimeMs, size } = fs.statSync(file)
  const binary = `${mtimeMs}-${size}`
  const memory = readMemory(choice.stateDir, choice.hostKey)
  const known = memory.get(file)
  if (known?.binary === binary && (known.tried || !withTrial)) return known
  const version = await versionOf(file)
  const failure = withTrial ? await choice.tryRuntime({ ...version, path: file }) : undefined
  const facts = { ...version, binary, tried: withTrial, ...(failure === undefined ? {} : { failure }) }
  writeMemory(choice.stateDir, choice.hostKey, new Map([...memory, [file, facts]]))
  return facts
}

const run = promisify(execFile)

async function versionOf(file: string): Promise<{ name: string; version: string }> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 10_000 })
    const [, name, version] = /^(\S+) version (\S+)/.exec(stdout) ?? []
    return { name: name ?? path.basename(file), version: version ?? 'unknown' }
  } catch (error) {
    throw new IbuildError('RUNTIME_MISSING', `${file} --version does not work`, { cause: error })
  }
}
