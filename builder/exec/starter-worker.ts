import { parentPort } from 'node:worker_threads'
import { serveStart, type ToWorker } from './starter.ts'

parentPort?.on('message', (message: ToWorker) => {
  serveStart(message, (reply) => parentPort?.postMessage(reply, []))
})
