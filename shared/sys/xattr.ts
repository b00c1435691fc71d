import { cString, errnoName, lastErrno, type NativePath, nativeError, nativeFunction, writeCString } from './libc.ts'

const cGet = nativeFunction('lgetxattr', 'intptr_t', ['void *', 'void *', 'void *', 'size_t'])
const cList = nativeFunction('llistxattr', 'intptr_t', ['void *', 'void *', 'size_t'])
const cSet = nativeFunction('lsetxattr', 'int', ['void *', 'void *', 'void *', 'size_t', 'int'])

// A tree of ten thousand files makes as many calls: their memory is allocated once. The kernel caps a path at 4096
// bytes with its NUL, a list and a value at 64 KiB each.
const maxPath = 4096
const maxSize = 65_536
let pathBytes: Buffer | undefined
let valueBytes: Buffer | undefined
const nameBytes = new Map<string, Buffer>()

/** The extended attribute `name` of `path` itself (links are not followed); undefined when it has none or cannot have any. */
export function readXattr(path: NativePath, name: string): Buffer | undefined {
  const value = resultBuffer()
  const size = cGet(pathBuffer(path), attributeName(name), value, maxSize)
  if (size >= 0) return Buffer.from(value.subarray(0, size))
  if (isAbsent()) return undefined
  throw nativeError('lgetxattr', path)
}

/** Names (latin1) of the extended attributes of `path` itself, in the kernel's order; none where there is no support. */
export function listXattrs(path: NativePath): string[] {
  const list = resultBuffer()
  const size = cList(pathBuffer(path), list, maxSize)
  if (size === 0) return []
  if (size > 0) return list.toString('latin1', 0, size - 1).split('\0')
  if (isAbsent()) return []
  throw nativeError('llistxattr', path)
}

/** Sets an extended attribute of `path` itself; ENOTSUP where there is no support, EPERM without the right. */
export function writeXattr(path: NativePath, name: string, value: Uint8Array): void {
  if (cSet(pathBuffer(path), attributeName(name), value, value.length, 0) < 0) throw nativeError('lsetxattr', path)
}

function isAbsent(): boolean {
  const code = errnoName(lastErrno())
  return code === 'ENODATA' || code === 'ENOTSUP'
}

function resultBuffer(): Buffer {
  valueBytes ??= Buffer.alloc(maxSize)
  return valueBytes
}

function pathBuffer(path: NativePath): Buffer {
  pathBytes ??= Buffer.alloc(maxPath)
  writeCString(pathBytes, path)
  return pathBytes
}

/** Names repeat (`security.capability`); names from images do not stay in memory beyond a handful. */
function attributeName(name: string): Buffer {
  const known = nameBytes.get(name)
  if (known !== undefined) return known
  if (nameBytes.size > 64) nameBytes.clear()
  const bytes = cString(Buffer.from(name, 'latin1'))
  nameBytes.set(name, bytes)
  return bytes
}
