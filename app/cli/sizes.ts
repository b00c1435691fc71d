import { IbuildError } from '../../shared/base/errors.ts'

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Bytes from `512m`, `1.5g`, `65536`, with or without a final b or ib, as docker reads them. Errors: USAGE. */
export function parseSize(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim())
  const bytes =
    match === null ? Number.NaN : Math.floor(Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? Number.NaN))
  if (Number.isSafeInteger(bytes)) return bytes
  throw new IbuildError('USAGE', `${flag}: ${JSON.stringify(text)} is not a size`, {
    hint: 'Write it as 512m, 2g or a number of bytes.',
  })
}

/** A whole number, zero or above. Errors: USAGE. */
export function parseCount(text: string, flag: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `${flag}: ${JSON.stringify(text)} is not a whole number`)
}

/** Bytes for people: 0B, 4.2kB, 1.26GB (powers of 1000, as docker prints them). */
export function formatSize(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < names.length - 1) {
    value /= 1000
    unit++
  }
  return `${Number(value.toPrecision(3))}${names[unit]}`
}
