import { blockSize } from './header.ts'

/** The fields of a ustar header block; all must fit. Strings are latin1. */
export interface UstarFields {
  readonly name: string
  readonly prefix: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly linkname: string
  readonly devMajor: number
  readonly devMinor: number
}

/** Encodes one ustar header block (POSIX.1-1988), with its checksum and without owner names. */
export function encodeUstar(fields: UstarFields): Buffer {
  const block = Buffer.allocUnsafe(blockSize).fill(0)
  block.write(fields.name, 0, 100, 'latin1')
  putOctal(block, fields.mode, [100, 7])
  putOctal(block, fields.uid, [108, 7])
  putOctal(block, fields.gid, [116, 7])
  putOctal(block, fields.size, [124, 11])
  putOctal(block, fields.mtime, [136, 11])
  block[156] = fields.type.charCodeAt(0)
  block.write(fields.linkname, 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 8, 'latin1')
  putOctal(block, fields.devMajor, [329, 7])
  putOctal(block, fields.devMinor, [337, 7])
  block.write(fields.prefix, 345, 155, 'latin1')
  return putChecksum(block)
}

/** Digits with leading zeros; the NUL after them is there already. */
function putOctal(block: Buffer, value: number, [offset, digits]: [number, number]): void {
  let rest = value
  for (let at = offset + digits - 1; at >= offset; at--) {
    block[at] = 0x30 + (rest % 8)
    rest = Math.floor(rest / 8)
  }
  if (rest !== 0) throw new RangeError(`${value} does not fit a tar header field of ${digits} digits`)
}

/** Six digits, NUL, space; summed with the field as spaces. */
function putChecksum(block: Buffer): Buffer {
  let sum = 8 * 0x20
  for (let i = 0; i < blockSize; i++) sum += block[i] ?? 0
  putOctal(block, sum, [148, 6])
  block[155] = 0x20
  return block
}

/**
 * A name as prefix (up to 155 bytes) and name (1 to 100), cut at the first slash that allows both; undefined when none does.
 */
export function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (name.length <= 100) return { prefix: '', name }
  if (name.length > 256) return undefined
  const slash = name.indexOf('/', name.length - 101)
  if (slash < 1 || slash > 155 || slash === name.length - 1) return undefined
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) }
}
