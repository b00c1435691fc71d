import type { PublishError } from '../service/publish-error.ts'
import { refused } from '../service/publish-error.ts'

/** A part of an upload. */
export interface Part {
  /** As its `Content-Disposition` has it; empty when that has none. */
  readonly filename: string
  readonly content: Buffer
}

/** Bytes that the headers of a part may have. */
const mostHeaderBytes = 8 * 1024

const ending = Buffer.from('\r\n\r\n')
const dashes = Buffer.from('--')

/** The boundary that a `Content-Type` names (RFC 2046, section 5.1.1). Errors: MALFORMED_UPLOAD. */
export function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"\\]{1,70})"|([^\s";,]{1,70}))\s*(?:;.*)?$/i.exec(
      contentType ?? '',
    ) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw malformed('its Content-Type is not multipart/form-data with a boundary')
  return boundary
}

/**
 * The parts of a whole upload as the form data of browsers and of Go have it (RFC 7578): lines end with CRLF, nothing is encoded,
 * and nothing but blanks follows the last part. Errors: MALFORMED_UPLOAD.
 */
export function readParts(body: Buffer, boundary: string, most: number): readonly Part[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const parts: Part[] = []
  let at = body.subarray(0, 2).equals(Buffer.from('\r\n')) ? 0 : -2
  if (!delimiterAt(body, at, delimiter)) throw malformed('it does not begin with its boundary')
  for (;;) {
    at += delimiter.length
    if (body.subarray(at, at + 2).equals(dashes)) return atEnd(body.subarray(at + 2), parts)
    if (parts.length >= most) throw malformed(`it has more than ${most} parts`)
    const start = afterLine(body, at)
    const end = body.indexOf(delimiter, start - 2)
    if (end < 0) throw malformed('it breaks off')
    parts.push(readPart(body, start, Math.max(start, end)))
    at = end
  }
}

/** The first delimiter needs no line before it. */
function delimiterAt(body: Buffer, at: number, delimiter: Buffer): boolean {
  return body.subarray(Math.max(at, 0), at + delimiter.length).equals(at < 0 ? delimiter.subarray(-at) : delimiter)
}

/** Where the line of a delimiter ends; blanks may stand in it. */
function afterLine(body: Buffer, at: number): number {
  let next = at
  while (body[next] === 0x20 || body[next] === 0x09) next++
  if (body[next] !== 0x0d || body[next + 1] !== 0x0a) throw malformed('its boundary stands in a line with more')
  return next + 2
}

function atEnd(rest: Buffer, parts: readonly Part[]): readonly Part[] {
  if (rest.length > 2 || !/^\s*$/.test(rest.toString('latin1'))) throw malformed('more comes after its end')
  return parts
}

function readPart(body: Buffer, start: number, end: number): Part {
  const blank = body.subarray(start, Math.min(end, start + mostHeaderBytes)).indexOf(ending)
  if (blank < 0) throw malformed('a part has no end of its headers')
  const headers = headersIn(body.toString('utf8', start, start + blank))
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase()
  if (encoding !== undefined && !['7bit', '8bit', 'binary'].includes(encoding)) throw malformed('a part is encoded')
  return {
    filename: filenameIn(headers.get('content-disposition') ?? ''),
    content: body.subarray(start + blank + ending.length, end),
  }
}

function headersIn(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const [start, name] = /^([\w-]{1,100}):/.exec(line) ?? []
    if (start === undefined || name === undefined) throw malformed('a header of a part is none')
    if (headers.has(name.toLowerCase())) throw malformed(`a part has two headers ${name}`)
    headers.set(name.toLowerCase(), line.slice(start.length).trim())
  }
  return headers
}

function filenameIn(disposition: string): string {
  if (!/^form-data\s*(?:;|$)/i.test(disposition)) throw malformed('a part is no form data')
  const [, quoted, plain] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))/i.exec(disposition) ?? []
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? ''
}

function malformed(problem: string): PublishError {
  return refused('MALFORMED_UPLOAD', `the upload cannot be read: ${problem}`)
}
