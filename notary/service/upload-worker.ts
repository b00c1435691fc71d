import { parentPort } from 'node:worker_threads'
import type { RoleName } from '../tuf/types.ts'
import { readUpload, type Unreadable, type Upload } from './read-upload.ts'

/** A large file to be read; the bytes are the thread's own. */
export interface ReadQuestion {
  readonly job: number
  readonly role: RoleName
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mostTargets: number
}

/** What came of it. Buffers are plain arrays of bytes after the way between threads; the bytes of the file stay here. */
export interface ReadAnswer {
  readonly job: number
  readonly read: Omit<Upload, 'bytes'> | Unreadable
}

parentPort?.on('message', ({ job, role, bytes, mostTargets }: ReadQuestion) => {
  const read = readUpload(role, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), mostTargets)
  parentPort?.postMessage({ job, read: 'problem' in read ? read : withoutBytes(read) } satisfies ReadAnswer, [])
})

function withoutBytes({ role, canonical, signatures, signed, sha256, sha512 }: Upload): Omit<Upload, 'bytes'> {
  return { role, canonical, signatures, signed, sha256, sha512 }
}
