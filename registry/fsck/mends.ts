import type { Digest } from '../../shared/base/digest.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { FsckContext } from './types.ts'

/** Writes rows; what was wrong is mended by that. */
export async function put({ metadata }: Pick<FsckContext, 'metadata'>, rows: readonly Row[]): Promise<true> {
  await metadata.commit({ put: rows })
  return true
}

/** Removes rows that say nothing which is not said elsewhere. */
export async function remove({ metadata }: Pick<FsckContext, 'metadata'>, keys: readonly string[]): Promise<true> {
  await metadata.commit({ remove: keys })
  return true
}

/** Sets corrupt bytes aside. That mends nothing: what they were cannot be pulled until it is pushed again. */
export async function setAside({ aside }: Pick<FsckContext, 'aside'>, digest: Digest): Promise<false> {
  await aside.blob(digest, 'corrupt')
  return false
}
