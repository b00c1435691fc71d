/** A column of numbers, one for each of many things. */
type Column = Uint8Array | Int32Array | Uint32Array | Float64Array | BigInt64Array

/** The number at a place of a column, 0 beyond its end. */
export function at(column: Uint8Array | Int32Array | Uint32Array | Float64Array, index: number): number {
  return column[index] ?? 0
}

/** The column, or one with the same numbers that is half as long again, so that it has place for `size` numbers. */
export function larger<T extends Column>(column: T, size: number): T
export function larger(column: Column, size: number): Column {
  if (size <= column.length) return column
  const length = Math.max(size, Math.ceil(column.length * 1.5))
  const bytes = new Uint8Array(length * column.BYTES_PER_ELEMENT)
  bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  if (column instanceof Uint8Array) return bytes
  if (column instanceof Int32Array) return new Int32Array(bytes.buffer)
  if (column instanceof Uint32Array) return new Uint32Array(bytes.buffer)
  return column instanceof Float64Array ? new Float64Array(bytes.buffer) : new BigInt64Array(bytes.buffer)
}
