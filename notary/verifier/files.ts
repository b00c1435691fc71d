import { isIbuildError } from '../../shared/base/errors.ts'
import { fileProblem } from '../tuf/file-meta.ts'
import type { FileMeta, RoleName } from '../tuf/types.ts'
import type { Judge } from './judge.ts'
import type { MetadataSource, RememberedContent } from './types.ts'

/** The files of one collection, where they come from. */
export interface CollectionFiles {
  /** A file that nobody promises, by its name, of at most `most` bytes; undefined when there is none. */
  find(name: string, role: RoleName, most: number): Promise<Uint8Array | undefined>
  /** The file that is promised: what is remembered of it, else what the source has under its hash. Errors: TRUST_MISMATCH. */
  promised(role: RoleName, meta: FileMeta): Promise<Uint8Array>
}

export interface FilesOptions {
  readonly source: MetadataSource
  readonly remembered: RememberedContent | undefined
  readonly judge: Judge
  readonly signal: AbortSignal
}

/** Errors: those of the source. */
export function collectionFiles({ source, remembered, judge, signal }: FilesOptions): CollectionFiles {
  const get = async (name: string, most: number): Promise<Uint8Array | undefined> => {
    signal.throwIfAborted()
    return source.fetch(judge.gun, name, { most, signal })
  }
  return {
    find: async (name, role, most) => {
      const bytes = await get(name, most)
      if (bytes !== undefined && bytes.byteLength > most) {
        const problem = `${name} has ${bytes.byteLength} bytes, more than ${most}`
        throw judge.refusal('TRUST_TOO_LARGE', { role, step: 'length' }, problem)
      }
      if (bytes !== undefined) judge.pass(role, 'fetch', `${name}, ${bytes.byteLength} bytes`)
      return bytes
    },
    promised: async (role, meta) => {
      const known = [remembered?.collection.get(role), remembered?.floors.get(role)]
      const same = known.find((bytes) => bytes !== undefined && fileProblem(bytes, meta) === undefined)
      if (same !== undefined) {
        judge.pass(role, 'fetch', 'as it is remembered')
        return same
      }
      const name = `${role}.${meta.sha256.toString('hex')}.json`
      const bytes = await unlessTooLong(get(name, meta.length), role, meta, judge)
      if (bytes === undefined)
        throw judge.refusal(
          'TRUST_MISMATCH',
          { role, step: 'fetch' },
          `the server does not have the file that is promised, ${name}`,
        )
      judge.pass(role, 'fetch', `${name}, ${bytes.byteLength} bytes`)
      return bytes
    },
  }
}

/** A file that is longer than promised is another one, however long it goes on. */
async function unlessTooLong(
  getting: Promise<Uint8Array | undefined>,
  role: RoleName,
  { length }: FileMeta,
  judge: Judge,
): Promise<Uint8Array | undefined> {
  try {
    return await getting
  } catch (cause) {
    if (!isIbuildError(cause, 'TRUST_TOO_LARGE')) throw cause
    const problem = `it is longer than the ${length} bytes that are promised`
    throw judge.refusal('TRUST_MISMATCH', { role, step: 'length' }, problem, { cause })
  }
}
