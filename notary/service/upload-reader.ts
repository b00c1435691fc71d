import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../shared/base/worker.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { PublicKey, RoleName, UnknownKey } from '../tuf/types.ts'
import { readUpload, type Unreadable, type Upload } from './read-upload.ts'
import type { ReadAnswer, ReadQuestion } from './upload-worker.ts'

/** Bytes of a file that is read at once: a thread would take longer to be told of it. */
const smallFile = 64 * 1024
/** Mebibytes of the thread's memory: JSON of the most bytes can be made to take many times as much. */
const mostMemory = 1024

/** Reads what clients send; large files in a thread, so that nobody else waits for that. It is started when it is first needed. */
export class UploadReader {
  #thread: Thread | undefined

  /** As {@link readUpload}. A file that takes the thread more memory than it may have is unreadable. */
  async read(role: RoleName, bytes: Buffer, mostTargets: number): Promise<Upload | Unreadable> {
    if (bytes.length <= smallFile || !isTargetsRole(role)) return readUpload(role, bytes, mostTargets)
    if (this.#thread === undefined || this.#thread.isLost) this.#thread = new Thread()
    return this.#thread.read(role, bytes, mostTargets)
  }

  async close(): Promise<void> {
    await this.#thread?.end()
  }
}

type Settle = (read: ReadAnswer['read'] | Error) => void

/** It keeps the process alive only while something is read. */
class Thread {
  readonly #worker = new Worker(workerUrl('./upload-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: mostMemory },
  })
  readonly #jobs = new Map<number, Settle>()
  #lastJob = 0
  isLost = false

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', ({ job, read }: ReadAnswer) => this.#settle(job, read))
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#fail(new Error('the thread that reads uploads has ended')))
  }

  async read(role: RoleName, bytes: Buffer, mostTargets: number): Promise<Upload | Unreadable> {
    const job = ++this.#lastJob
    const copy = new Uint8Array(bytes)
    const question: ReadQuestion = { job, role, bytes: copy, mostTargets }
    const read = await new Promise<ReadAnswer['read']>((resolve, reject) => {
      if (this.#jobs.size === 0) this.#worker.ref()
      this.#jobs.set(job, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
      this.#worker.postMessage(question, [copy.buffer])
    }).catch(outOfMemory)
    return 'problem' in read ? read : { ...revived(read), bytes }
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(job: number, read: ReadAnswer['read'] | Error): void {
    this.#jobs.get(job)?.(read)
    this.#jobs.delete(job)
    if (this.#jobs.size === 0) this.#worker.unref()
  }

  #fail(error: Error): void {
    this.isLost = true
    for (const job of this.#jobs.keys()) this.#settle(job, error)
  }
}

function outOfMemory(error: unknown): Unreadable {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { problem: 'the file takes too much memory', isJson: true }
  }
  throw error
}

/** Bytes that came from another thread are plain arrays; keys are what they were. */
function revived(read: Omit<Upload, 'bytes'>): Omit<Upload, 'bytes'> {
  const { signed, canonical, signatures } = read
  if (signed.type !== 'Targets') throw new Error(`the thread reads no ${signed.type}`)
  const { keys, roles } = signed.delegations
  const revivedKeys = new Map([...keys].map(([id, key]) => [id, revivedKey(key)]))
  return {
    ...read,
    canonical: bufferOf(canonical),
    signatures: signatures.map((each) => ({ ...each, bytes: bufferOf(each.bytes) })),
    signed: { ...signed, delegations: { keys: revivedKeys, roles } },
  }
}

function revivedKey(key: PublicKey | UnknownKey): PublicKey | UnknownKey {
  return key.type === undefined ? key : { ...key, bytes: bufferOf(key.bytes) }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
