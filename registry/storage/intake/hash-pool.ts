import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type DigestAlgorithm, digestFromHash } from '../../../shared/base/digest.ts'
import { workerUrl } from '../../../shared/base/worker.ts'
import type { HashAnswer, HashMessage } from './blob-hash-worker.ts'
import type { RunningHash } from './running-hash.ts'

/** Threads that hash, so that the thread that serves does not. They are started when they are first needed. */
export interface HashPool {
  begin(algorithm: DigestAlgorithm): RunningHash
  close(): Promise<void>
}

/** Memory that a thread was shown last; the process has about as many slabs at work. */
const shownAtMost = 64

type HashJob = (answer: HashAnswer | Error) => void

/** One thread, and what is asked of it. It keeps the process alive only while something is. */
class HashThread {
  readonly #worker = new Worker(workerUrl('./blob-hash-worker.ts', import.meta.url))
  readonly #jobs = new Map<number, HashJob>()
  /** What was shown to the thread, and its number; the one used last is the last. */
  readonly #shown = new Map<SharedArrayBuffer, number>()
  #lastMemory = 0
  #lastJob = 0
  /** Contents that are being hashed here. */
  contents = 0
  isLost = false

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', ({ job, ...answer }: HashAnswer) => this.#settle(job, { job, ...answer }))
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that hashes has ended')))
  }

  tell(message: HashMessage): void {
    this.#worker.postMessage(message, [])
  }

  async ask(message: (job: number) => HashMessage): Promise<HashAnswer> {
    return new Promise((resolve, reject) => {
      if (this.isLost) return reject(new Error('the thread that hashes has ended'))
      const job = ++this.#lastJob
      if (this.#jobs.size === 0) this.#worker.ref()
      this.#jobs.set(job, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
      this.tell(message(job))
    })
  }

  /** The number by which the thread knows a memory. Jobs are done in order, so that what is forgotten is not needed any more. */
  show(buffer: SharedArrayBuffer): number {
    const memory = this.#shown.get(buffer) ?? ++this.#lastMemory
    if (!this.#shown.delete(buffer)) this.tell({ kind: 'memory', memory, buffer })
    this.#shown.set(buffer, memory)
    for (const [oldest, number] of this.#shown) {
      if (this.#shown.size <= shownAtMost) break
      this.#shown.delete(oldest)
      this.tell({ kind: 'forget-memory', memory: number })
    }
    return memory
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(job: number, answer: HashAnswer | Error): void {
    this.#jobs.get(job)?.(answer)
    this.#jobs.delete(job)
    if (this.#jobs.size === 0) this.#worker.unref()
  }

  #fail(error: Error): void {
    this.isLost = true
    for (const job of this.#jobs.keys()) this.#settle(job, error)
  }
}

/** At most `threads` threads; each content stays with one, that which has the fewest. One that ended is replaced. */
export function createHashPool(threads: number = Math.min(4, availableParallelism())): HashPool {
  let pool: HashThread[] = []
  let lastId = 0

  const choose = (): HashThread => {
    pool = pool.filter(({ isLost }) => !isLost)
    const idlest = pool.toSorted((a, b) => a.contents - b.contents)[0]
    if (idlest !== undefined && (idlest.contents === 0 || pool.length >= threads)) return idlest
    const added = new HashThread()
    pool.push(added)
    return added
  }

  return {
    begin: (algorithm) => {
      const [thread, id] = [choose(), ++lastId]
      let isOver = false
      const end = (): void => {
        if (!isOver) thread.contents--
        isOver = true
      }
      thread.contents++
      thread.tell({ kind: 'begin', id, algorithm })
      return {
        update: async (bytes) => {
          const { byteOffset: start, byteLength: length } = bytes
          const memory = thread.show(bytes.buffer)
          await thread.ask((job) => ({ kind: 'update', id, job, memory, start, length }))
        },
        digest: async () => {
          end()
          const { hash } = await thread.ask((job) => ({ kind: 'digest', id, job }))
          if (hash === undefined) throw new Error('the thread that hashes does not know this content')
          return digestFromHash(hash, algorithm)
        },
        forget: () => {
          end()
          if (!thread.isLost) thread.tell({ kind: 'forget', id })
        },
      }
    },
    close: async () => {
      await Promise.all(pool.map(async (thread) => thread.end()))
      pool = []
    },
  }
}
