/** Fields of a header block to be written as they are: no check, no canonical form. */
export interface RawFields {
  readonly name?: string
  readonly type?: string
  readonly linkname?: string
  /** A number is written in octal, text as it stands. */
  readonly mode?: number | string | Buffer
  readonly uid?: number | string | Buffer
  readonly gid?: number | string | Buffer
  readonly size?: number | string | Buffer
  readonly mtime?: number | string | Buffer
  readonly devMajor?: number | string | Buffer
  readonly devMinor?: number | string | Buffer
  readonly magic?: string
  readonly prefix?: string
  /** More bytes by their offset. */
  readonly patch?: Readonly<Record<number, string | Buffer>>
  readonly checksum?: 'unsigned' | 'signed' | 'wrong'
}

/** One header block of any kind. */
export function rawHeader(fields: RawFields): Buffer {
  const block = Buffer.alloc(512)
  put(block, 0, fields.name ?? 'file')
  put(block, 100, octal(fields.mode ?? 0o644, 7))
  put(block, 108, octal(fields.uid ?? 0, 7))
  put(block, 116, octal(fields.gid ?? 0, 7))
  put(block, 124, octal(fields.size ?? 0, 11))
  put(block, 136, octal(fields.mtime ?? 0, 11))
  put(block, 156, fields.type ?? '0')
  put(block, 157, fields.linkname ?? '')
  put(block, 257, fields.magic ?? 'ustar\x0000')
  put(block, 329, octal(fields.devMajor ?? 0, 7))
  put(block, 337, octal(fields.devMinor ?? 0, 7))
  put(block, 345, fields.prefix ?? '')
  for (const [offset, bytes] of Object.entries(fields.patch ?? {})) put(block, Number(offset), bytes)
  return sum(block, fields.checksum ?? 'unsigned')
}

/** A header with content and padding. */
export function rawMember(fields: RawFields, content: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(content)
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
  return Buffer.concat([rawHeader({ size: bytes.length, ...fields }), bytes, padding])
}

/** A pax header with these records, as they stand. */
export function rawPax(records: Readonly<Record<string, string>> | string, type = 'x'): Buffer {
  const text = typeof records === 'string' ? records : Object.entries(records).map(record).join('')
  return rawMember({ name: 'PaxHeaders/x', type }, Buffer.from(text, 'latin1'))
}

function record([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`
  const digits = String(rest.length).length
  const length = rest.length + digits
  return `${String(length).length > digits ? length + 1 : length}${rest}`
}

/** An archive of these parts with its end blocks. */
export function archiveOf(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

function octal(value: number | string | Buffer, digits: number): string | Buffer {
  return typeof value === 'number' ? value.toString(8).padStart(digits, '0') : value
}

function put(block: Buffer, offset: number, value: string | Buffer): void {
  block.set(Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1'), offset)
}

function sum(block: Buffer, kind: 'unsigned' | 'signed' | 'wrong'): Buffer {
  block.fill(0x20, 148, 156)
  const signed = kind === 'signed'
  const total = block.reduce((sum, byte) => sum + (signed && byte > 127 ? byte - 256 : byte), kind === 'wrong' ? 1 : 0)
  put(block, 148, `${total.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** A number field of 12 bytes in GNU base-256, from its last bytes. */
export function base256(...bytes: readonly number[]): Buffer {
  return Buffer.from([0x80, ...Array<number>(11 - bytes.length).fill(0), ...bytes])
}

/** A negative number in base-256: two's complement over the whole field. */
export function negative256(...bytes: readonly number[]): Buffer {
  return Buffer.from([...Array<number>(12 - bytes.length).fill(0xff), ...bytes])
}
