import type { NewFile } from '../store/types.ts'
import { snapshotJson, timestampJson } from '../tuf/metadata-json.ts'
import type { FileMeta, RoleName, SigningKey } from '../tuf/types.ts'
import { signMetadata } from '../tuf/write-metadata.ts'
import { hashesOf } from './read-upload.ts'

export interface SigningTerms {
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly expires: number
  readonly keys: readonly SigningKey[]
}

/** A snapshot of files. Errors: those of the keys. */
export async function signSnapshot(meta: ReadonlyMap<RoleName, FileMeta>, terms: SigningTerms): Promise<NewFile> {
  const { version, expires, keys } = terms
  return newFile('snapshot', await signMetadata(snapshotJson({ version, expires, meta }), keys), terms)
}

/** A timestamp of a snapshot. Errors: those of the keys. */
export async function signTimestamp(snapshot: FileMeta, terms: SigningTerms): Promise<NewFile> {
  const { version, expires, keys } = terms
  return newFile('timestamp', await signMetadata(timestampJson({ version, expires, snapshot }), keys), terms)
}

function newFile(role: RoleName, bytes: Buffer, { version, expires }: SigningTerms): NewFile {
  return { role, version, bytes, expires, ...hashesOf(bytes) }
}

/** What is promised of a file, from what is known of it. */
export function metaOf(file: { readonly sha256: string; readonly sha512: string; readonly length: number }): FileMeta {
  return { length: file.length, sha256: Buffer.from(file.sha256, 'hex'), sha512: Buffer.from(file.sha512, 'hex') }
}
