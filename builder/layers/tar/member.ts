import type { EntryType, LayerEntry } from '../entry.ts'
import { numberField, type RawHeader } from './header.ts'
import { invalid, shown, type TarLimits, unsafe } from './limits.ts'
import { cleanName } from './names.ts'
import { parseDecimal, parsePaxTime, secondsToNanos } from './numbers.ts'
import { type PaxRecords, xattrsOf } from './pax.ts'

/** A header block with all that its extension headers say. */
export interface MemberHeader {
  readonly raw: RawHeader
  readonly records: PaxRecords | undefined
  readonly name: string
  readonly linkname: string
  readonly type: EntryType
}

/** Extension headers that precede a member. */
export interface Extensions {
  records: PaxRecords | undefined
  longName: string | undefined
  longLink: string | undefined
}

const types: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
  '7': 'file',
  D: 'dir',
  S: 'file',
}

/** Joins a header with its extensions: pax records first, then GNU long names, then the header's own fields. */
export function joinHeader(raw: RawHeader, extensions: Extensions): MemberHeader {
  const { records } = extensions
  const name = records?.get('GNU.sparse.name') || records?.get('path') || (extensions.longName ?? raw.name)
  const linkname = records?.get('linkpath') || (extensions.longLink ?? raw.linkname)
  return { raw, records, name, linkname, type: typeOf(raw, name) }
}

/** Old tars write a directory as a file whose name ends in a slash. */
function typeOf(raw: RawHeader, name: string): EntryType {
  const type = types[raw.type]
  if (type === undefined) throw invalid(`${shown(name)} has the unknown type ${shown(raw.type)}`)
  return type === 'file' && name.endsWith('/') ? 'dir' : type
}

/**
 * Bytes stored after the header. Links, devices and plain directories have none, whatever their size field says; the body
 * of a GNU dump directory is a list of names.
 */
export function storedSize({ raw, records, name }: MemberHeader, limits: TarLimits): number {
  if ('123456'.includes(raw.type)) return 0
  const text = records?.get('size') || undefined
  const size = text === undefined ? numberField(raw, 'size') : parseDecimal(text)
  if (!(size >= 0)) throw invalid(`${shown(name)} has a malformed size`)
  if (size > limits.file) throw unsafe(`${shown(name)} is larger than ${limits.file} bytes`)
  return size
}

/** The entry of a member. `path` is its cleaned name, `size` that of its full content. */
export function entryOf(
  header: MemberHeader,
  path: string,
  limits: TarLimits,
): Omit<LayerEntry, 'size' | 'dataOffset'> {
  const { raw, records, type } = header
  const device = type === 'char' || type === 'block'
  return {
    path,
    type,
    mode: modeOf(raw),
    uid: idOf(header, 'uid'),
    gid: idOf(header, 'gid'),
    mtime: timeOf(raw, records),
    linkname: linkOf(header, limits),
    devMajor: device ? deviceOf(raw, 'devMajor') : 0,
    devMinor: device ? deviceOf(raw, 'devMinor') : 0,
    xattrs: records === undefined ? noXattrs : xattrsOf(records, limits.xattrs),
    opaque: false,
    digest: undefined,
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

/** The field may carry the file type too, and more bits than a 32-bit number keeps. */
function modeOf(raw: RawHeader): number {
  const mode = numberField(raw, 'mode')
  if (!Number.isSafeInteger(mode) || mode < 0) throw invalid(`${shown(raw.name)} has a malformed mode`)
  return mode % 0o10000
}

function idOf({ raw, records, name }: MemberHeader, field: 'uid' | 'gid'): number {
  const text = records?.get(field) || undefined
  const id = text === undefined ? numberField(raw, field) : parseDecimal(text)
  if (!Number.isSafeInteger(id) || id < 0) throw invalid(`${shown(name)} has a malformed ${field}`)
  return id
}

function timeOf(raw: RawHeader, records: PaxRecords | undefined): bigint {
  const text = records?.get('mtime') || undefined
  if (text === undefined) return secondsToNanos(numberField(raw, 'mtime'))
  const time = parsePaxTime(text)
  if (time === undefined) throw invalid(`${shown(raw.name)} has a malformed mtime`)
  return time
}

/** Seven octal digits: more than any device of Linux has. */
function deviceOf(raw: RawHeader, field: 'devMajor' | 'devMinor'): number {
  const number = numberField(raw, field)
  if (number < 0 || number > 0o7777777) throw invalid(`${shown(raw.name)} has a malformed ${field}`)
  return number
}

function linkOf({ type, name, linkname }: MemberHeader, limits: TarLimits): string {
  if (type !== 'symlink' && type !== 'hardlink') return ''
  if (linkname.length > limits.path) throw unsafe(`the link ${shown(name)} is longer than ${limits.path} bytes`)
  if (linkname.includes('\0')) throw unsafe(`the link ${shown(name)} has a NUL`)
  const target = type === 'symlink' ? linkname : cleanName(linkname)
  if (target === '') throw invalid(`the link ${shown(name)} leads nowhere`)
  return target
}
