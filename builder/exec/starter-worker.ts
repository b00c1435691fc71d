import { parentPort } from 'node:worker_threads'
import { type Prepared, prepareHere } from './starter.ts'
import type { FromWorker, ToWorker } from './thread-starter.ts'

const prepared = new Map<number, Prepared>()

parentPort?.on('message', (message: ToWorker) => void serve(message))

async function serve(message: ToWorker): Promise<void> {
  const { id } = message
  // Nothing else keeps the thread: it ends.
  if ('close' in message) return parentPort?.close()
  try {
    if ('prepare' in message) {
      prepared.set(id, await prepareHere(message.prepare))
      return answer({ id, prepared: true })
    }
    const one = prepared.get(id)
    prepared.delete(id)
    if (!('start' in message)) return one?.discard()
    if (one?.isUsable() !== true) throw new Error('the process on standby has ended')
    const { pid, ended } = await one.start(message.start)
    answer({ id, pid })
    answer({ id, ending: await ended })
  } catch (error) {
    answer({ id, failure: error instanceof Error ? error.message : String(error) })
  }
}

function answer(reply: FromWorker): void {
  parentPort?.postMessage(reply, [])
}
