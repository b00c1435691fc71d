import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inTime } from '../../shared/base/in-time.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RegistryService } from '../service/types.ts'

/** What stands against work, in words for anyone, without paths. */
export interface Readiness {
  /** Why nothing can be pulled, nor pushed. */
  readonly serving: readonly string[]
  /** Why nothing can be pushed, where that is all. */
  readonly pushing: readonly string[]
}

export interface HealthParts {
  readonly service: Pick<RegistryService, 'tryReading' | 'tryWriting'>
  /** On the disk of the blobs. */
  readonly folder: string
  readonly isDraining: () => boolean
  /** Milliseconds that the disk may take for an answer. Default five seconds. */
  readonly patience?: number
}

/** For so many milliseconds an answer holds. */
const lasting = 2000

/**
 * Asks what the registry can do by doing it: reads, and unless that is refused writes. Many who ask at once, or soon after, share
 * an answer, and nothing is tried while an earlier try goes on.
 */
export function createHealth({ service, folder, isDraining, patience = 5000 }: HealthParts): () => Promise<Readiness> {
  const read = shared(patience, () => problemOf(service.tryReading(), 'the metadata cannot be read'))
  const write = shared(
    patience,
    async () =>
      (await problemOf(service.tryWriting(), 'the metadata cannot be written')) ??
      (await problemOf(writeFileIn(folder), 'the disk cannot be written to')),
  )
  return async () => {
    if (isDraining()) return { serving: ['the server is shutting down'], pushing: [] }
    const reading = await read()
    if (reading !== undefined) return { serving: [reading], pushing: [] }
    const writing = await write()
    return { serving: [], pushing: writing === undefined ? [] : [writing] }
  }
}

type Try = () => Promise<string | undefined>

/** The last answer, or another one when it is old; what takes longer than `patience` is a problem. */
function shared(patience: number, attempt: Try): Try {
  let endedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<string | undefined> = Promise.resolve(undefined)
  let isRunning = false
  return () => {
    if (!isRunning && performance.now() - endedAt > lasting) {
      isRunning = true
      answer = attempt().finally(() => {
        isRunning = false
        endedAt = performance.now()
      })
    }
    return inTime(answer, patience, 'the disk does not answer')
  }
}

/** A RegistryError says what a client may read. */
async function problemOf(work: Promise<unknown>, otherwise: string): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof RegistryError ? error.message : otherwise
  }
}

async function writeFileIn(folder: string): Promise<void> {
  const file = join(folder, `probe-${randomUUID()}`)
  try {
    await writeFile(file, 'x', { flag: 'wx', mode: 0o600 })
  } finally {
    await rm(file, { force: true }).catch(() => undefined)
  }
}
