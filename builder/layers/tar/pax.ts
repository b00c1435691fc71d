import { invalid, shown, unsafe } from './limits.ts'

/** Records of a pax extended header, keys and values as latin1 strings of their bytes. */
export type PaxRecords = Map<string, string>

/**
 * Parses the records `LENGTH KEY=VALUE\n` of a pax header (POSIX.1-2001, pax, extended header). Later records replace
 * earlier ones, save the offset and length pairs of GNU sparse 0.0, which are gathered into one `GNU.sparse.map`.
 */
export function parsePax(bytes: Buffer): PaxRecords {
  const records: PaxRecords = new Map()
  const map: string[] = []
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const { start, end } = recordAt(bytes, at)
    const equals = bytes.indexOf(0x3d, start)
    if (equals <= start || equals >= end) throw invalid('a pax record has no key')
    addRecord(records, map, [bytes.toString('latin1', start, equals), bytes.toString('latin1', equals + 1, end - 1)])
    at = end
  }
  if (map.length > 0) records.set('GNU.sparse.map', map.join(','))
  return records
}

/** Where the key of the record at `at` starts, and where the record ends. */
function recordAt(bytes: Buffer, at: number): { readonly start: number; readonly end: number } {
  let length = 0
  let start = at
  for (; start < at + 9 && isDigit(bytes[start]); start++) length = length * 10 + (bytes[start] ?? 0) - 0x30
  if (start === at || bytes[start] !== 0x20) throw invalid('a pax record has no length')
  const end = at + length
  if (end > bytes.length || end <= start + 1 || bytes[end - 1] !== 0x0a)
    throw invalid('a pax record has a wrong length')
  return { start: start + 1, end }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function addRecord(records: PaxRecords, map: string[], [key, value]: [string, string]): void {
  if (key !== 'GNU.sparse.offset' && key !== 'GNU.sparse.numbytes') {
    records.set(key, value)
    return
  }
  const wantsOffset = map.length % 2 === 0
  if (wantsOffset !== (key === 'GNU.sparse.offset') || value.includes(','))
    throw invalid('a sparse map is out of order')
  map.push(value)
}

/** Adds the records of a global header to those in force; an empty value takes one back. */
export function mergeGlobal(globals: PaxRecords, records: PaxRecords): void {
  for (const [key, value] of records) {
    if (value === '') globals.delete(key)
    else if (!key.startsWith('GNU.sparse.')) globals.set(key, value)
  }
}

const schily = 'SCHILY.xattr.'
const libarchive = 'LIBARCHIVE.xattr.'
const none: ReadonlyMap<string, Uint8Array> = new Map()

/**
 * The extended attributes in pax records, sorted by name. star and GNU tar write the raw value (GNU with `%` and `=` of the
 * name as %25 and %3D), libarchive base64 with a percent-encoded name; where both are there the raw one counts.
 */
export function xattrsOf(records: PaxRecords, most: number): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const [key, value] of records) {
    if (key.startsWith(schily)) found.set(nameOf(key, schily, /%(25|3D)/gi), Buffer.from(value, 'latin1'))
  }
  for (const [key, value] of records) {
    if (!key.startsWith(libarchive)) continue
    const name = nameOf(key, libarchive, /%([0-9a-f]{2})/gi)
    if (!found.has(name)) found.set(name, Buffer.from(value, 'base64'))
  }
  if (found.size === 0) return none
  if (found.size > most) throw unsafe(`an entry has more than ${most} extended attributes`)
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function nameOf(key: string, prefix: string, escape: RegExp): string {
  const name = key
    .slice(prefix.length)
    .replace(escape, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (name === '' || name.length > 255 || name.includes('\0'))
    throw invalid(`an extended attribute is named ${shown(name)}`)
  return name
}
