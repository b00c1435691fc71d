import { IbuildError } from '../../shared/base/errors.ts'

/** A damaged or foreign index. */
export function indexInvalid(what: string, cause?: unknown): IbuildError {
  return new IbuildError('INDEX_INVALID', `layer index: ${what}`, cause === undefined ? {} : { cause })
}

/** Appends numbers and byte strings to a buffer that grows. Varints are LEB128 of whole numbers from 0 to 2^53 - 1. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw indexInvalid(`cannot store the number ${value}`)
    this.#reserve(8)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#length++] = rest
  }

  /** A signed 64-bit number, 8 bytes. */
  int64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw indexInvalid(`cannot store the time ${value}`)
    this.#reserve(8)
    this.#length = this.#buffer.writeBigInt64LE(value, this.#length)
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value, this.#length)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Length and bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Length and the bytes of a latin1 string from `start` on. */
  text(text: string, start = 0): void {
    this.varint(text.length - start)
    this.#reserve(text.length - start)
    this.#length += this.#buffer.write(start === 0 ? text : text.slice(start), this.#length, 'latin1')
  }

  /** What was written, valid until more is; the writer is empty afterwards. */
  view(): Buffer {
    const view = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    return view
  }

  /** What was written, in memory of its own, not in a part of a larger piece that it would keep; the writer is empty afterwards. */
  take(): Buffer {
    const result = Buffer.allocUnsafeSlow(this.#length)
    this.#buffer.copy(result, 0, 0, this.#length)
    this.#length = 0
    return result
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Reads what {@link ByteWriter} wrote. Every step beyond the end, and every number beyond 2^53 - 1, is INDEX_INVALID. */
export class ByteReader {
  readonly #buffer: Buffer
  #position: number
  readonly #end: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer
    this.#position = start
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  /** Another reader of the same bytes, from a position on. */
  at(position: number): ByteReader {
    return new ByteReader(this.#buffer, position, this.#end)
  }

  get left(): number {
    return this.#end - this.#position
  }

  byte(): number {
    return this.#buffer[this.#advance(1)] ?? 0
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw indexInvalid('a number is too large')
        return value
      }
      scale *= 128
    }
    throw indexInvalid('a number does not end')
  }

  int64(): bigint {
    return this.#buffer.readBigInt64LE(this.#advance(8))
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4))
  }

  raw(length: number): Buffer {
    const start = this.#advance(length)
    return this.#buffer.subarray(start, start + length)
  }

  bytes(): Buffer {
    return this.raw(this.varint())
  }

  text(): string {
    const length = this.varint()
    const start = this.#advance(length)
    return this.#buffer.toString('latin1', start, start + length)
  }

  skip(length: number): number {
    return this.#advance(length)
  }

  #advance(length: number): number {
    const start = this.#position
    if (length > this.#end - start) throw indexInvalid('it is cut off')
    this.#position = start + length
    return start
  }
}
