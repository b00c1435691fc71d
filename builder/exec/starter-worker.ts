import { parentPort } from 'node:worker_threads'
import { startHere } from './starter.ts'
import type { FromWorker, ToWorker } from './thread-starter.ts'

parentPort?.on('message', (message: ToWorker) => void serve(message))

async function serve({ id, request }: ToWorker): Promise<void> {
  try {
    const { pid, ended } = await startHere(request)
    answer({ id, pid })
    answer({ id, ending: await ended })
  } catch (error) {
    answer({ id, failure: error instanceof Error ? error.message : String(error) })
  }
}

function answer(reply: FromWorker): void {
  parentPort?.postMessage(reply, [])
}
