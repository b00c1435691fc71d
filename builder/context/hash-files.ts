import { once } from 'node:events'
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

interface Chunk {
  readonly start: number
  readonly items: readonly HashItem[]
}

/**
 * Hashes files on all processors: small ones on this thread too, which is free for others every few milliseconds. The
 * result has the order of `items`. Errors: CONTEXT_CHANGED, CONTEXT_INVALID.
 */
export async function hashFiles(files: ContextFiles, items: readonly HashItem[]): Promise<readonly Hashed[]> {
  const results: (Hashed | undefined)[] = items.map(() => undefined)
  const chunks = chunksOf(items)
  const workers = startWorkers(files, items, chunks.length)
  try {
    await Promise.all([...workers.map((worker) => runWorker(worker, chunks, results)), runHere(files, chunks, results)])
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  const all: Hashed[] = []
  for (const [index, item] of items.entries()) all.push(results[index] ?? (await hashHere(files, item)))
  return all
}

function chunksOf(items: readonly HashItem[]): Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  let bytes = 0
  for (const [index, { signature }] of items.entries()) {
    bytes += signature.size
    if (index - start < chunkFiles - 1 && bytes < chunkBytes && index < items.length - 1) continue
    chunks.push({ start, items: items.slice(start, index + 1) })
    start = index + 1
    bytes = 0
  }
  return chunks
}

function startWorkers(files: ContextFiles, items: readonly HashItem[], chunks: number): Worker[] {
  const bytes = items.reduce((sum, { signature }) => sum + signature.size, 0)
  if (items.length < manyFiles && bytes < manyBytes) return []
  const count = Math.min(availableParallelism() - 1, chunks - 1, 3)
  const start = (): Worker => new Worker(workerUrl('./hash-worker.ts', import.meta.url), { workerData: files.root })
  return Array.from({ length: Math.max(count, 0) }, start)
}

/** What a worker could not hash, or all if it broke, is left to be hashed here, where the error is told. */
async function runWorker(worker: Worker, chunks: Chunk[], results: (Hashed | undefined)[]): Promise<void> {
  const ended = once(worker, 'exit').then(
    () => undefined,
    () => undefined,
  )
  try {
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
      worker.postMessage(chunk.items, [])
      const message: (Hashed | undefined)[][] | undefined = await Promise.race([once(worker, 'message'), ended])
      if (message === undefined) return
      for (const [index, result] of (message[0] ?? []).entries()) results[chunk.start + index] = result
    }
  } catch {
    // The chunk that it had stays without results.
  }
}

async function runHere(files: ContextFiles, chunks: Chunk[], results: (Hashed | undefined)[]): Promise<void> {
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    await new Promise((resolve) => setImmediate(resolve))
    for (const [index, item] of chunk.items.entries()) {
      const isSmall = item.signature.size <= smallFileSize
      results[chunk.start + index] = isSmall ? hashNow(files, item) : await hashHere(files, item)
    }
  }
}

async function hashHere(files: ContextFiles, { path, signature }: HashItem): Promise<Hashed> {
  const readAt = Date.now()
  return { readAt, digest: await digestFile({ files, path, signature }) }
}
