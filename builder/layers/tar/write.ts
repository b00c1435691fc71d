import { isUtf8 } from 'node:buffer'
import { IbuildError } from '../../../shared/base/errors.ts'
import { baseOf, joinPath, type LayerEntry, type LayerPath, parentOf } from '../entry.ts'
import { paddingOf } from './content.ts'
import { blockSize } from './header.ts'
import { shown } from './limits.ts'
import { hasReservedName, opaqueName, whiteoutPrefix } from './names.ts'
import { formatPax, formatPaxTime, xattrKey } from './pax-write.ts'
import { encodeUstar, splitName, type UstarFields } from './ustar.ts'

/** The two zero blocks that end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockSize)

/** The zeros that follow `size` bytes of content. */
export function tarPadding(size: number): Buffer {
  return tarEnd.subarray(0, paddingOf(size))
}

/**
 * All header blocks of one entry, in the one form that its fields allow: ustar where everything fits, else a pax header
 * before it that holds what does not (long names, sizes from 8 GiB, ids from 2^21, times before 1970 or with a fraction,
 * extended attributes). No user or group names. The digest, `opaque` and `dataOffset` are not written: for an opaque
 * directory {@link opaqueHeader} follows. LAYER_INVALID when the name would be read as a whiteout.
 */
export function tarHeader(entry: LayerEntry): Buffer {
  return headerBlocks(entry, nameInTar(entry))
}

/** The header of the mark that makes a directory opaque, with the directory's owner and time. */
export function opaqueHeader(directory: LayerEntry): Buffer {
  const mark = { type: 'file', mode: 0o600, size: 0, linkname: '', xattrs: new Map<string, Uint8Array>() } as const
  return headerBlocks({ ...directory, ...mark }, joinPath(directory.path, opaqueName))
}

function nameInTar({ path, type }: LayerEntry): string {
  if (type === 'whiteout') return joinPath(checked(parentOf(path)), whiteoutPrefix + checked(baseOf(path)))
  if (type === 'dir') return path === '' ? './' : `${checked(path)}/`
  return checked(path)
}

function checked(path: LayerPath): LayerPath {
  if (!hasReservedName(path)) return path
  throw new IbuildError('LAYER_INVALID', `a layer cannot hold the file ${shown(path)}`, {
    hint: 'Names that begin with .wh. mark deleted files in image layers; rename the file.',
  })
}

const typeFlags = {
  file: '0',
  whiteout: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
} as const

const largestOctal7 = 0o7777777
const largestOctal11 = 0o77777777777
const second = 1_000_000_000n

function headerBlocks(entry: LayerEntry, name: string): Buffer {
  const records: [string, string][] = []
  for (const [key, value] of entry.xattrs)
    records.push([xattrKey(key), Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')])
  const fields: UstarFields = {
    ...ustarName(name, records),
    type: typeFlags[entry.type],
    mode: entry.mode,
    uid: fitted(records, ['uid', entry.uid, largestOctal7]),
    gid: fitted(records, ['gid', entry.gid, largestOctal7]),
    size: fitted(records, ['size', entry.size, largestOctal11]),
    mtime: ustarTime(entry.mtime, records),
    linkname: ustarLink(entry.linkname, records),
    devMajor: entry.devMajor,
    devMinor: entry.devMinor,
  }
  const header = encodeUstar(fields)
  return records.length === 0 ? header : Buffer.concat([paxHeader(name, records), header])
}

/** A number for its field: 0 when it does not fit, with a record that does. */
function fitted(records: [string, string][], [key, value, largest]: [string, number, number]): number {
  if (value <= largest) return value
  records.push([key, String(value)])
  return 0
}

function ustarName(name: string, records: [string, string][]): Pick<UstarFields, 'name' | 'prefix'> {
  const split = splitName(name)
  if (split !== undefined) return split
  records.push(['path', name])
  return { prefix: '', name: name.slice(0, 100) }
}

function ustarLink(linkname: string, records: [string, string][]): string {
  if (linkname.length <= 100) return linkname
  records.push(['linkpath', linkname])
  return linkname.slice(0, 100)
}

function ustarTime(mtime: bigint, records: [string, string][]): number {
  const seconds = Number(mtime / second)
  if (mtime >= 0n && mtime % second === 0n && seconds <= largestOctal11) return seconds
  records.push(['mtime', formatPaxTime(mtime)])
  return seconds < 0 ? 0 : Math.min(seconds, largestOctal11)
}

/** Names in a pax header are UTF-8 unless it says that they are just bytes (POSIX.1-2001, pax, hdrcharset). */
function isBinaryName([key, value]: [string, string]): boolean {
  return (key === 'path' || key === 'linkpath') && !isUtf8(Buffer.from(value, 'latin1'))
}

/** The extension header with its records and padding. Its name is for readers that do not know pax. */
function paxHeader(name: string, records: [string, string][]): Buffer {
  const body = formatPax(records.some(isBinaryName) ? [...records, ['hdrcharset', 'BINARY']] : records)
  const fields = { mode: 0o644, uid: 0, gid: 0, mtime: 0, linkname: '', devMajor: 0, devMinor: 0, prefix: '' }
  const short = baseOf(name.endsWith('/') ? name.slice(0, -1) : name).slice(0, 80)
  const header = encodeUstar({ ...fields, name: `PaxHeaders.0/${short}`, type: 'x', size: body.length })
  return Buffer.concat([header, body, tarPadding(body.length)])
}
