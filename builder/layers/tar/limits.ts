import { IbuildError } from '../../../shared/base/errors.ts'

/** What a tar reader accepts at most; beyond it reading ends with ARCHIVE_UNSAFE. Sizes in bytes. */
export interface TarLimits {
  /** Members in the archive. */
  readonly entries: number
  /** One whole path or the text of a symlink. */
  readonly path: number
  /** One component of a path. */
  readonly component: number
  /** One extension: a pax header, a GNU long name, or the map of a sparse file. */
  readonly extension: number
  /** Content of one file, holes included. */
  readonly file: number
  /** Content of all files together, holes included. */
  readonly total: number
  /** What follows the end blocks: tools pad to whole records. Compressed, it costs nothing to make. */
  readonly trailing: number
  /** Holes of all sparse files together: they cost time to read and nothing to make. */
  readonly holes: number
  /** Extended attributes of one member. */
  readonly xattrs: number
}

const defaults: TarLimits = {
  entries: 10_000_000,
  path: 4096,
  component: 255,
  extension: 1 << 20,
  file: 2 ** 40,
  total: 2 ** 42,
  trailing: 2 ** 30,
  holes: 2 ** 36,
  xattrs: 256,
}

/** The default limits with some of them replaced. */
export function tarLimits(limits: Partial<TarLimits> = {}): TarLimits {
  return { ...defaults, ...limits }
}

/** ARCHIVE_INVALID: damaged, or a feature that is not read. */
export function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('ARCHIVE_INVALID', message, { cause })
}

/** ARCHIVE_UNSAFE: outside of the root, or beyond a limit. */
export function unsafe(message: string): IbuildError {
  return new IbuildError('ARCHIVE_UNSAFE', message)
}

/** A name from an archive for a message: printable, short. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}...` : name)
}
