import { isIbuildError } from '../../shared/base/errors.ts'

/**
 * Reads from a store without its lock: who lists images should not wait for a prune that itself waits for a build. What a
 * prune takes away at that moment looks damaged. It forgets images before it removes what they need, so a second look tells:
 * `isDamaged` asks the result, and an error of a damaged store counts too.
 */
export function readTwice<T>(read: () => T, isDamaged: (result: T) => boolean = () => false): T {
  try {
    const result = read()
    return isDamaged(result) ? read() : result
  } catch (error) {
    if (isIbuildError(error, 'STORE_INVALID', 'INDEX_INVALID')) return read()
    throw error
  }
}
