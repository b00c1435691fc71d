import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { DigestAlgorithm } from '../../../shared/base/digest.ts'

/** What the thread is told; it answers `update` with the job's number, `digest` with that and the hash, the others not at all. */
export type HashMessage =
  | { readonly kind: 'begin'; readonly id: number; readonly algorithm: DigestAlgorithm }
  | { readonly kind: 'update'; readonly id: number; readonly job: number; readonly bytes: Uint8Array }
  | { readonly kind: 'digest'; readonly id: number; readonly job: number }
  | { readonly kind: 'forget'; readonly id: number }

export interface HashAnswer {
  readonly job: number
  readonly hash?: Uint8Array
}

/** A thread that hashes many contents at once, each in the order in which its bytes come. */
const hashes = new Map<number, Hash>()

parentPort?.on('message', (message: HashMessage) => {
  const answer = answerOf(message)
  if (answer !== undefined) parentPort?.postMessage(answer, [])
})

function answerOf(message: HashMessage): HashAnswer | undefined {
  switch (message.kind) {
    case 'begin':
      hashes.set(message.id, createHash(message.algorithm))
      return undefined
    case 'update':
      hashes.get(message.id)?.update(message.bytes)
      return { job: message.job }
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
