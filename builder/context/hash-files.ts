import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../shared/base/worker.ts'
import type { ContextFiles } from './context-files.ts'
import { digestFile, smallFileSize } from './file-content.ts'
import { type Hashed, type HashItem, hashNow } from './hash-now.ts'

/** From here on a thread is worth its start. */
const manyFiles = 500
const manyBytes = 24 * 1024 * 1024

const chunkFiles = 64
const chunkBytes = 2 * 1024 * 1024

/** Takes the hash of a file. */
type OnHashed<T> = (item: T, hashed: Hashed) => void

/**
 * Hashes files on all processors: small ones on this thread too, which is free for others every few milliseconds. Items are
 * asked for as they are needed. Errors: CONTEXT_CHANGED, CONTEXT_INVALID, those of `items`.
 */
export async function hashFiles<T extends HashItem>(
  files: ContextFiles,
  items: Iterable<T>,
  onHashed: OnHashed<T>,
): Promise<void> {
  const work = new Work(files, items, onHashed)
  const helpers = Array.from({ length: work.helpers() }, () => new Helper(files.root))
  try {
    await Promise.all([...helpers.map((helper) => runHelper(helper, work)), runHere(work)])
  } finally {
    work.stop()
    await Promise.all(helpers.map((helper) => helper.end()))
  }
}

/** What is left to be hashed, in chunks. */
class Work<T extends HashItem> {
  readonly #files: ContextFiles
  readonly #chunks: Iterator<readonly T[]>
  readonly #onHashed: OnHashed<T>
  readonly #ahead: (readonly T[])[] = []
  #isStopped = false

  constructor(files: ContextFiles, items: Iterable<T>, onHashed: OnHashed<T>) {
    this.#files = files
    this.#chunks = chunksOf(items)
    this.#onHashed = onHashed
  }

  /** How many other threads the work is worth. */
  helpers(): number {
    let [count, bytes] = [0, 0]
    while ((count < manyFiles && bytes < manyBytes) || this.#ahead.length < 2) {
      const { done, value } = this.#chunks.next()
      if (done === true) break
      this.#ahead.push(value)
      count += value.length
      bytes += sizeOf(value)
    }
    if (count < manyFiles && bytes < manyBytes) return 0
    return Math.max(0, Math.min(availableParallelism() - 1, this.#ahead.length - 1, 3))
  }

  next(): readonly T[] | undefined {
    if (this.#isStopped) return undefined
    const known = this.#ahead.shift()
    if (known !== undefined) return known
    const next = this.#chunks.next()
    return next.done === true ? undefined : next.value
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Takes what another thread made of a chunk; what it left is hashed here, where the error is told. */
  async take(chunk: readonly T[], results: readonly (Hashed | undefined)[] = []): Promise<void> {
    for (const [index, item] of chunk.entries()) {
      if (this.#isStopped) return
      const hashed = results[index] ?? this.#hashSmall(item) ?? (await this.#hashLarge(item))
      if (this.#isStopped) return
      this.#onHashed(item, hashed)
    }
  }

  #hashSmall(item: T): Hashed | undefined {
    return item.signature.size <= smallFileSize ? hashNow(this.#files, item) : undefined
  }

  async #hashLarge({ path, signature }: T): Promise<Hashed> {
    const readAt = Date.now()
    return { readAt, digest: await digestFile({ files: this.#files, path, signature }) }
  }
}

function* chunksOf<T extends HashItem>(items: Iterable<T>): Generator<readonly T[], undefined> {
  let chunk: T[] = []
  let bytes = 0
  for (const item of items) {
    chunk.push(item)
    bytes += item.signature.size
    if (chunk.length < chunkFiles && bytes < chunkBytes) continue
    yield chunk
    chunk = []
    bytes = 0
  }
  if (chunk.length > 0) yield chunk
}

function sizeOf(chunk: readonly HashItem[]): number {
  return chunk.reduce((sum, { signature }) => sum + signature.size, 0)
}

type Answer = readonly (Hashed | undefined)[] | undefined

/** A thread that hashes. */
class Helper {
  readonly #worker: Worker
  /** Takes the answer to what was asked last. */
  #onAnswer: ((answer: Answer) => void) | undefined
  #hasEnded = false

  constructor(root: string) {
    this.#worker = new Worker(workerUrl('./hash-worker.ts', import.meta.url), { workerData: root })
    this.#worker.on('message', ([answer]: [Answer]) => this.#answer(answer))
    this.#worker.on('error', () => this.#answer(undefined))
    this.#worker.on('exit', () => {
      this.#hasEnded = true
      this.#answer(undefined)
    })
  }

  /** Undefined when the thread broke. One thing is asked at a time. */
  ask(chunk: readonly HashItem[]): Promise<Answer> {
    if (this.#hasEnded) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#onAnswer = resolve
      const items = chunk.map(({ path, signature }) => ({ path, signature }))
      this.#worker.postMessage(items, [])
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #answer(answer: Answer): void {
    this.#onAnswer?.(answer)
    this.#onAnswer = undefined
  }
}

/** The chunk of a thread that broke is hashed here. */
async function runHelper<T extends HashItem>(helper: Helper, work: Work<T>): Promise<void> {
  for (let chunk = work.next(); chunk !== undefined; chunk = work.next()) {
    const answer = await helper.ask(chunk)
    await work.take(chunk, answer)
    if (answer === undefined) return
  }
}

async function runHere<T extends HashItem>(work: Work<T>): Promise<void> {
  for (let chunk = work.next(); chunk !== undefined; chunk = work.next()) {
    await new Promise((resolve) => setImmediate(resolve))
    await work.take(chunk)
  }
}
