import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Lines that tell of a mount below the folder in any process, and of processes whose command line names it; empty once
 * what was killed is gone. Waits up to five seconds for that.
 */
export async function remainsOf(folder: string): Promise<string[]> {
  let found = look(folder)
  for (let i = 0; i < 100 && found.length > 0; i++) {
    await sleep(50)
    found = look(folder)
  }
  return found
}

function look(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .flatMap((pid) => [
      ...[read(`/proc/${pid}/cmdline`)]
        .filter((line) => line.includes(folder))
        .map((line) => `process ${pid}: ${line}`),
      ...read(`/proc/${pid}/mountinfo`)
        .split('\n')
        .filter((line) => line.includes(folder))
        .map((line) => `mount seen by ${pid}: ${line}`),
    ])
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // the process has just ended
  }
}
