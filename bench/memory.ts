import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import type { Command } from './contender.ts'

/** Runs a command to its end; the largest resident memory of it or of a program that it waited for, in MiB. */
export async function peakMemory({ program, args, options }: Command): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-memory-'))
  try {
    const report = join(folder, 'kibibytes')
    const time = ['-f', '%M', '-o', report, program, ...args]
    await runOk(requireProgram('time'), time, { timeout: 600_000, ...options })
    return Math.round(Number(readFileSync(report, 'utf8')) / 1024)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
