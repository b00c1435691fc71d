import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type { LibraryHandle } from 'koffi'

/** A path for a system call: bytes as they are, or text encoded as UTF-8. Never contains a NUL. */
export type NativePath = string | Uint8Array

/** An argument as C takes it: a number, a pointer to bytes, a null pointer, or the type of the variable argument after it. */
type NativeArgument = number | bigint | ArrayBufferView | null | 'int'

/** A C function; negative means failed, with the reason in `lastErrno`. */
export type NativeFunction = (...args: NativeArgument[]) => number

interface Koffi {
  load(path: string | null): LibraryHandle
  errno(): number
}

/** What a C function is: its name, and its types as koffi spells them. */
export interface NativeSignature {
  readonly name: string
  readonly result: string
  readonly args: readonly string[]
  /** File name of the library that has it; without it the C library that this process runs on, glibc or musl. */
  readonly library?: string
}

let koffi: Koffi | undefined
const libraries = new Map<string | null, LibraryHandle>()

/** A function of the C library; see {@link nativeFunctionOf}. */
export function nativeFunction(name: string, result: string, args: readonly string[]): NativeFunction {
  return nativeFunctionOf({ name, result, args })
}

/**
 * A native function. It is bound at the first call, because loading takes milliseconds that most commands need not pay;
 * that call throws when the library or the function is not there.
 */
export function nativeFunctionOf(signature: NativeSignature): NativeFunction {
  let bound: NativeFunction | undefined
  return (...values) => {
    bound ??= bind(signature)
    return bound(...values)
  }
}

/** {@link nativeFunctionOf} on a thread of Node's pool. What failed is not told: `errno` is that of another thread. */
export function nativeFunctionAside(signature: NativeSignature): (...args: NativeArgument[]) => Promise<number> {
  let bound: ReturnType<LibraryHandle['func']> | undefined
  return async (...values) => {
    bound ??= bind(signature)
    const { async: start } = bound
    return new Promise((resolve, reject) => {
      start(...values, (error: Error | null, result: number) => (error === null ? resolve(result) : reject(error)))
    })
  }
}

function bind({ name, result, args, library }: NativeSignature): ReturnType<LibraryHandle['func']> {
  return load(library ?? null).func(name, result, [...args])
}

function load(file: string | null): LibraryHandle {
  const loaded: Koffi = koffi ?? createRequire(import.meta.url)('koffi')
  koffi = loaded
  const library = libraries.get(file) ?? loaded.load(file)
  libraries.set(file, library)
  return library
}

/** `errno` as the last native call of this thread left it. */
export function lastErrno(): number {
  return koffi?.errno() ?? 0
}

const errnoNames = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]))
const preferredNames: readonly (keyof typeof constants.errno)[] = ['EAGAIN', 'ENOTSUP']
for (const name of preferredNames) errnoNames.set(constants.errno[name], name)

/** The name of an errno value as Node writes it, e.g. `EPERM`. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `E${errno}`
}

/** An error shaped like those of node:fs: `code`, `errno` (negative), `syscall`, `path`, `dest`. */
export function nativeError(syscall: string, path?: NativePath, dest?: NativePath): NodeJS.ErrnoException {
  const errno = lastErrno()
  const code = errnoName(errno)
  const error: NodeJS.ErrnoException & { dest?: string } = new Error(
    `${code}: ${[syscall, quoted(path), quoted(dest)].filter(Boolean).join(' ')}`,
  )
  error.code = code
  error.errno = -errno
  error.syscall = syscall
  if (path !== undefined) error.path = textOf(path)
  if (dest !== undefined) error.dest = textOf(dest)
  return error
}

function quoted(path: NativePath | undefined): string {
  return path === undefined ? '' : `'${textOf(path)}'`
}

function textOf(path: NativePath): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

/** The bytes of a path followed by NUL, in memory of its own. EINVAL when it contains a NUL itself. */
export function cString(path: NativePath): Buffer {
  const length = typeof path === 'string' ? Buffer.byteLength(path) : path.length
  const bytes = Buffer.allocUnsafe(length + 1)
  writeCString(bytes, path)
  return bytes
}

/** Writes `path` and a NUL to the start of `target`. ENAMETOOLONG when it does not fit, EINVAL when it contains a NUL. */
export function writeCString(target: Buffer, path: NativePath): void {
  const length = typeof path === 'string' ? Buffer.byteLength(path) : path.length
  if (length >= target.length) throw pathError('ENAMETOOLONG', path)
  if (typeof path === 'string') target.write(path)
  else target.set(path)
  target[length] = 0
  if (target.indexOf(0) < length) throw pathError('EINVAL', path)
}

function pathError(code: 'ENAMETOOLONG' | 'EINVAL', path: NativePath): NodeJS.ErrnoException {
  const text = textOf(path).slice(0, 200)
  return Object.assign(new Error(`${code}: not a usable path ${JSON.stringify(text)}`), {
    code,
    errno: -constants.errno[code],
  })
}
