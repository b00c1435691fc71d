import { parentPort, workerData } from 'node:worker_threads'
import { ContextFiles } from './context-files.ts'
import { type Hashed, type HashItem, hashNow } from './hash-now.ts'

/** A thread that hashes files: takes lists of them, answers with a list as long. Not hashed is what its owner will see itself. */
const files = new ContextFiles(String(workerData))

parentPort?.on('message', (items: readonly HashItem[]) => {
  parentPort?.postMessage(items.map(hashOrNothing), [])
})

function hashOrNothing(item: HashItem): Hashed | undefined {
  try {
    return hashNow(files, item)
  } catch {
    return undefined
  }
}
