import { isUtf8 } from 'node:buffer'
import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** Largest Dockerfile and largest ONBUILD trigger, in bytes. */
export const maxBytes: number = 4 * 1024 * 1024

export interface SourceText {
  readonly text: string
  /** 1-based numbers of the lines that are not UTF-8; only comments may be so. */
  readonly brokenLines: ReadonlySet<number>
}

/** Decodes a Dockerfile: UTF-8, a byte order mark dropped. Too large or empty is DOCKERFILE_SYNTAX. */
export function decodeDockerfile(bytes: Uint8Array, file: string): SourceText {
  if (bytes.length > maxBytes) throw fileError(`the Dockerfile is larger than ${maxBytes} bytes`, file)
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (utf16) throw fileError('the Dockerfile is UTF-16', file, 'Save the file as UTF-8.')
  const text = new TextDecoder('utf-8').decode(bytes)
  if (text === '') throw fileError('the Dockerfile cannot be empty', file)
  return { text, brokenLines: isUtf8(bytes) ? new Set() : findBrokenLines(bytes) }
}

function findBrokenLines(bytes: Uint8Array): Set<number> {
  const broken = new Set<number>()
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline + 1
    if (!isUtf8(bytes.subarray(start, end))) broken.add(line)
    start = end
  }
  return broken
}

/** DOCKERFILE_SYNTAX about the file as a whole. */
export function fileError(message: string, file: string, hint?: string): IbuildError {
  const location: SourceLocation = { file, startLine: 1, endLine: 1, text: '' }
  return new IbuildError('DOCKERFILE_SYNTAX', message, { location, ...(hint === undefined ? {} : { hint }) })
}
