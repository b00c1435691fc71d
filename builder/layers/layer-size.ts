import { IbuildError } from '../../shared/base/errors.ts'

/** The most paths of one layer or archive: what grows with them in memory is a table of 32 MiB at this number, of 64 MiB beyond. */
export const mostPaths = 6_000_000
/** The most bytes of all their names, each with its directories, and of all that is told of them beside. */
export const mostMetadata = 2 ** 32 - 1
/** The most bytes of what has to be at hand of a layer's index: its table. */
export const mostTableBytes = 64 << 20

/** Directories with something inside that a layer or archive may replace by something else; each costs a pass over all paths. */
export const mostRemovals = 1000

/** LAYER_TOO_LARGE for more than {@link mostTableBytes}. */
export function tooManyNames(): IbuildError {
  return new IbuildError(
    'LAYER_TOO_LARGE',
    `the names of hardlinks and of directories without an entry take more than ${mostTableBytes >> 20} MiB in one layer`,
  )
}

/** LAYER_TOO_LARGE for more than so many paths, directories that have no entry among them. */
export function tooManyPaths(most: number): IbuildError {
  return new IbuildError('LAYER_TOO_LARGE', `more than ${most} paths, every directory counted`)
}

/** LAYER_TOO_LARGE for more than {@link mostMetadata}. */
export function tooMuchMetadata(): IbuildError {
  return new IbuildError('LAYER_TOO_LARGE', 'the names or the attributes of all files take more than 4 GiB together')
}
