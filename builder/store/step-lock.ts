import path from 'node:path'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { type LockOptions, lockExclusive } from '../../shared/cas/lock.ts'
import { layoutOf } from './layout.ts'
import type { Store } from './types.ts'

/** Runs work while no other process works on what has this key. `waited` tells that another one just did. */
export async function underStepLock<T>(
  { root }: Pick<Store, 'root'>,
  { key, signal }: { readonly key: Digest } & Pick<LockOptions, 'signal'>,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  let waited = false
  const lock = await lockExclusive(path.join(layoutOf(root).stepLocks, hexOf(key)), {
    signal,
    onWait: () => (waited = true),
  })
  try {
    return await work(waited)
  } finally {
    lock.release()
  }
}
