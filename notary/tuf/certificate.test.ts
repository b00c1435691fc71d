import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { newCertificate } from './testing/keys.ts'

const script = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { commonNameOf, leafOf } = require(workerData.file)
  const name = commonNameOf(leafOf(workerData.pem))
  parentPort.postMessage([name, typeof require('node:tls').createSecureContext])
`

test('who reads a common name before TLS was used can use it afterwards', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = newCertificate(privateKey, { commonName: 'localhost:5000/team/app' })
  const workerData = { pem, file: join(import.meta.dirname, 'certificate.ts') }
  const worker = new Worker(script, { eval: true, workerData })
  t.deepEqual((await once(worker, 'message'))[0], ['localhost:5000/team/app', 'function'])
  await worker.terminate()
})
