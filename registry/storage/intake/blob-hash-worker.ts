import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { DigestAlgorithm } from '../../../shared/base/digest.ts'

/**
 * What the thread is told; it answers `update` with the job's number, `digest` with that and the hash, the others not at all.
 * Bytes lie in memory that both threads see and that is shown once by `memory`: to send it each time would cost as much as
 * the hash, because it then counts as new memory on both sides.
 */
export type HashMessage =
  | { readonly kind: 'memory'; readonly memory: number; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'forget-memory'; readonly memory: number }
  | { readonly kind: 'begin'; readonly id: number; readonly algorithm: DigestAlgorithm }
  | SharedUpdate
  | { readonly kind: 'digest'; readonly id: number; readonly job: number }
  | { readonly kind: 'forget'; readonly id: number }

interface SharedUpdate {
  readonly kind: 'update'
  readonly id: number
  readonly job: number
  readonly memory: number
  readonly start: number
  readonly length: number
}

export interface HashAnswer {
  readonly job: number
  readonly hash?: Uint8Array
}

/** A thread that hashes many contents at once, each in the order in which its bytes come. */
const hashes = new Map<number, Hash>()
const memories = new Map<number, SharedArrayBuffer>()

parentPort?.on('message', (message: HashMessage) => {
  const answer = answerOf(message)
  if (answer !== undefined) parentPort?.postMessage(answer, [])
})

function answerOf(message: HashMessage): HashAnswer | undefined {
  switch (message.kind) {
    case 'memory':
      memories.set(message.memory, message.buffer)
      return undefined
    case 'forget-memory':
      memories.delete(message.memory)
      return undefined
    case 'begin':
      hashes.set(message.id, createHash(message.algorithm))
      return undefined
    case 'update':
      return update(message)
    case 'digest': {
      const hash = hashes.get(message.id)?.digest()
      hashes.delete(message.id)
      return hash === undefined ? { job: message.job } : { job: message.job, hash }
    }
    case 'forget':
      hashes.delete(message.id)
      return undefined
  }
}

/** A content that is not known was forgotten: nobody asks for its digest. */
function update({ id, job, memory, start, length }: SharedUpdate): HashAnswer {
  const buffer = memories.get(memory)
  if (buffer === undefined) throw new Error('the memory was not shown to this thread')
  hashes.get(id)?.update(new Uint8Array(buffer, start, length))
  return { job }
}
