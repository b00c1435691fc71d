import { statfsSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import type { RunResult } from '../exec/types.ts'
import type { RunStep } from '../plan/types.ts'

/** What is known of a failed command beside its result. */
export interface RunCircumstances {
  /** The last lines that it printed. */
  readonly lines: readonly string[]
  readonly diskFull: boolean
}

/** The error of a RUN step whose command ended with another code than 0: how it ended, why if that is known, its last lines. */
export function runFailed(step: RunStep, result: RunResult, { lines, diskFull }: RunCircumstances): IbuildError {
  const output = lines.length === 0 ? '' : `\nlast output:\n${lines.map((line) => `  ${line}`).join('\n')}`
  const message = `the command ${endOf(result)}${diskFull ? '; the disk of the data folder is full' : ''}${output}`
  const hint = hintOf(result)
  return new IbuildError(diskFull ? 'DISK_FULL' : 'RUN_FAILED', message, {
    location: step.location,
    ...(hint !== undefined && !diskFull && { hint }),
  })
}

function endOf({ exitCode, oomKilled }: RunResult): string {
  const end =
    exitCode > 128
      ? `was ended by signal ${exitCode - 128} (exit code ${exitCode})`
      : `ended with exit code ${exitCode}`
  return oomKilled ? `${end}; the kernel killed it because it needed more memory than it may have` : end
}

function hintOf({ exitCode, oomKilled }: RunResult): string | undefined {
  if (oomKilled) return 'Give the step more with --memory, or let the command use less.'
  if (exitCode !== 127) return undefined
  return 'Exit code 127 means that the shell did not find a command: is it installed, is PATH right?'
}

/** Less than this left counts as nothing left, in bytes. */
const nothing = 1024 * 1024

/** True when the disk of `folder` has no room for more files, or for their content. */
export function isDiskFull(folder: string): boolean {
  const { bsize, bfree, files, ffree } = statfsSync(folder)
  return bsize * bfree < nothing || (files > 0 && ffree === 0)
}
