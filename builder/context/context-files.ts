import * as fs from 'node:fs'
import { constants, type Stats } from 'node:fs'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { lgetxattr, llistxattr } from '../../shared/sys/native.ts'
import { type NamesOptions, sortedNames } from '../layers/directory-names.ts'
import { byBytes, joinPath, type LayerPath } from '../layers/entry.ts'

/** A directory on this machine whose files are named by {@link LayerPath}s. The only place that touches a context's files. */
export class ContextFiles {
  readonly root: string
  readonly #root: string
  readonly #signal: AbortSignal | undefined

  /** `root` is absolute. After an abort of `signal` no content is read any more. */
  constructor(root: string, signal?: AbortSignal) {
    this.root = root
    this.#signal = signal
    this.#root = root === '/' ? '' : Buffer.from(root).toString('latin1')
  }

  /** To be called before each piece of a file is read. Throws the reason of the abort, if there was one. */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted()
  }

  /** Undefined when nothing is there. */
  lstat(path: LayerPath): Stats | undefined {
    try {
      return fs.lstatSync(this.#host(path), orUndefined)
    } catch (cause) {
      throw contextError(path, cause)
    }
  }

  /** The same for many names of one directory: what can be done once for all of them is. */
  lstatIn(directory: LayerPath): (name: string) => Stats | undefined {
    const prefix = directory === '' ? `${this.#root}/` : `${this.#root}/${directory}/`
    const isText = !beyondAscii.test(prefix)
    return (name) => {
      if (!isText || beyondAscii.test(name)) return this.lstat(joinPath(directory, name))
      try {
        return fs.lstatSync(prefix + name, orUndefined)
      } catch (cause) {
        throw contextError(joinPath(directory, name), cause)
      }
    }
  }

  /** The exact modification time, nanoseconds. */
  mtime(path: LayerPath): bigint {
    return attempt(path, () => fs.lstatSync(this.#host(path), { bigint: true }).mtimeNs)
  }

  /** Names are latin1, in the order of their bytes. */
  *list(path: LayerPath, options: NamesOptions): Generator<string> {
    try {
      yield* sortedNames(path === '' ? this.#root || '/' : `${this.#root}/${path}`, options)
    } catch (cause) {
      throw contextError(path, cause)
    }
  }

  readlink(path: LayerPath): string {
    return attempt(path, () => fs.readlinkSync(this.#host(path), 'latin1'))
  }

  /** Opens a regular file; a link, or a fifo put in its place, is neither followed nor waited for. */
  open(path: LayerPath): number {
    this.throwIfAborted()
    return attempt(path, () =>
      fs.openSync(this.#host(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    )
  }

  /** The extended attributes that images carry: `user.*` and file capabilities. Others mean something on this host only. */
  xattrs(path: LayerPath): ReadonlyMap<string, Uint8Array> {
    return attempt(path, () => {
      const host = this.#host(path)
      const names = llistxattr(host).filter((name) => name.startsWith('user.') || name === 'security.capability')
      return new Map(
        names.sort(byBytes).flatMap((name) => {
          const value = lgetxattr(host, name)
          return value === undefined ? [] : [[name, value]]
        }),
      )
    })
  }

  /** Bytes of names are kept; text is cheaper to hand over, and the same as long as it is ASCII. */
  #host(path: LayerPath): string | Buffer {
    const host = path === '' ? this.#root || '/' : `${this.#root}/${path}`
    return beyondAscii.test(host) ? Buffer.from(host, 'latin1') : host
  }
}

const beyondAscii = /[^\0-\x7f]/
const orUndefined = { throwIfNoEntry: false } as const

function attempt<T>(path: LayerPath, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw contextError(path, cause)
  }
}

/** What opening or reading a path tells when something else has come in its place. */
const replaced: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ENXIO', 'EISDIR', 'EAGAIN'])

/** CONTEXT_CHANGED when the path went or became something else meanwhile, else CONTEXT_INVALID. */
export function contextError(path: LayerPath, cause: unknown): unknown {
  const errno = errnoOf(cause)
  if (errno === undefined) return cause
  const shown = JSON.stringify(path === '' ? '.' : Buffer.from(path, 'latin1').toString())
  if (replaced.has(errno)) return changedError(path, cause)
  if (errno !== 'EACCES' && errno !== 'EPERM') {
    return new IbuildError('CONTEXT_INVALID', `cannot read ${shown} of the build context: ${errno}`, { cause })
  }
  return new IbuildError('CONTEXT_INVALID', `no permission to read ${shown} of the build context`, {
    cause,
    hint: 'Change its permissions, or name it in .dockerignore when the build does not need it.',
  })
}

export function changedError(path: LayerPath, cause?: unknown): IbuildError {
  const shown = JSON.stringify(Buffer.from(path, 'latin1').toString())
  return new IbuildError('CONTEXT_CHANGED', `${shown} changed while the build was reading it`, { cause })
}
