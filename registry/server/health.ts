import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether requests can be served, and why not: words for anyone, without paths. */
export interface Readiness {
  readonly isReady: boolean
  readonly problems: readonly string[]
}

/** For so many milliseconds an answer about the disk holds. */
const lasting = 2000

/** Asks whether the disk can be written to, by writing; many who ask at once, or soon after, share an answer. */
export function diskProbe(folder: string): () => Promise<boolean> {
  let asked = Number.NEGATIVE_INFINITY
  let answer = Promise.resolve(true)
  return async () => {
    const now = performance.now()
    if (now - asked > lasting) {
      asked = now
      answer = canWrite(folder)
    }
    return answer
  }
}

async function canWrite(folder: string): Promise<boolean> {
  const file = join(folder, `probe-${randomUUID()}`)
  try {
    await writeFile(file, 'x', { flag: 'wx', mode: 0o600 })
    return true
  } catch {
    return false
  } finally {
    await rm(file, { force: true }).catch(() => undefined)
  }
}

/** What `/readyz` says. */
export function readinessOf(state: { readonly isDraining: boolean; readonly canWrite: boolean }): Readiness {
  const problems = [
    ...(state.isDraining ? ['the server is shutting down'] : []),
    ...(state.canWrite ? [] : ['the disk cannot be written to']),
  ]
  return { isReady: problems.length === 0, problems }
}
