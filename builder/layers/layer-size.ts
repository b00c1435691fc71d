import { IbuildError } from '../../shared/base/errors.ts'

/** What of a layer has to be at hand: its index's table, with every path that a hardlink names or that is an implied directory. */
export const mostTableBytes = 64 << 20

/** LAYER_TOO_LARGE for the names of a layer. */
export function tooManyNames(): IbuildError {
  return new IbuildError(
    'LAYER_TOO_LARGE',
    `the names of hardlinks and of directories without an entry take more than ${mostTableBytes >> 20} MiB in one layer`,
  )
}

/** LAYER_TOO_LARGE for more than so many paths, directories that have no entry among them. */
export function tooManyPaths(most: number): IbuildError {
  return new IbuildError('LAYER_TOO_LARGE', `more than ${most} paths, counting every directory, or 4 GiB of names`)
}
