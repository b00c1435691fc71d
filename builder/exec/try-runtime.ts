import fs from 'node:fs'
import { exitProgram } from './exit-program.ts'
import type { RunRequest, RunResult } from './types.ts'

/** Runs the smallest container there is; undefined when that worked, else what went wrong. */
export async function tryRuntime(
  stateDir: string,
  run: (request: RunRequest) => Promise<RunResult>,
): Promise<string | undefined> {
  const program = exitProgram(process.arch)
  if (program === undefined) return `no trial program for ${process.arch}`
  fs.mkdirSync(stateDir, { recursive: true })
  const folder = fs.mkdtempSync(`${stateDir}/trial-`)
  try {
    const { exitCode } = await run(trialRequest(folder, program))
    return exitCode === 0 ? undefined : `a trial program ended with ${exitCode}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function trialRequest(folder: string, program: Buffer): RunRequest {
  const [lower, upper, scratch] = [`${folder}/lower`, `${folder}/upper`, `${folder}/scratch`]
  for (const path of [lower, upper, scratch]) fs.mkdirSync(path)
  fs.writeFileSync(`${lower}/exit`, program)
  fs.chmodSync(`${lower}/exit`, 0o755)
  return {
    lowers: [lower],
    upper,
    scratch,
    args: ['/exit'],
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
