/** Bytes `start` to `end`, both within the content. */
export interface ByteRange {
  readonly start: number
  /** The last byte, as in HTTP. */
  readonly end: number
}

/**
 * What a `Range` header asks of a content of `size` bytes (RFC 9110, 14.2): one range; `unsatisfiable` for one that begins
 * beyond the end or goes backwards; undefined, the whole, for none, several, another unit, or what cannot be read.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.replaceAll(/\s/g, '') ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return rangeOf(Math.max(size - Number(last), 0), size - 1, Number(last) > 0)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return rangeOf(Number(first), end, true)
}

function rangeOf(start: number, end: number, isAsked: boolean): ByteRange | 'unsatisfiable' {
  return isAsked && start <= end ? { start, end } : 'unsatisfiable'
}

/** The `Content-Range` of an answer with a part, or with none where the range is not satisfiable. */
export function contentRange(range: ByteRange | 'unsatisfiable', size: number): string {
  return range === 'unsatisfiable' ? `bytes */${size}` : `bytes ${range.start}-${range.end}/${size}`
}

/**
 * The `Content-Range` of a chunk: `START-END`, without a unit (OCI distribution-spec, "Pushing a blob in chunks"). Some clients
 * write what HTTP has, `bytes START-END/SIZE`. Undefined for what cannot be read.
 */
export function parseChunkRange(header: string): ByteRange | undefined {
  const [, first, last] = /^(?:bytes[ =])?(\d{1,16})-(\d{1,16})(?:\/(?:\d+|\*))?$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined) return undefined
  const range = { start: Number(first), end: Number(last) }
  return Number.isSafeInteger(range.end) && range.start <= range.end ? range : undefined
}

/** The `Range` of an upload with so many bytes. There is no form for none: clients take `0-0` for it. */
export function uploadRange(size: number): string {
  return `0-${Math.max(size - 1, 0)}`
}
