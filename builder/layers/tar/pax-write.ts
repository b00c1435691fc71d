/**
 * The body of a pax extended header: records `LENGTH KEY=VALUE\n`, sorted by the bytes of their keys. Keys and values are
 * latin1 strings.
 */
export function formatPax(records: readonly (readonly [string, string])[]): Buffer {
  const sorted = records.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(sorted.map(formatRecord).join(''), 'latin1')
}

/** The length counts its own digits. */
function formatRecord([key, value]: readonly [string, string]): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

const second = 1_000_000_000n

/** Nanoseconds as seconds with as many decimals as needed. */
export function formatPaxTime(nanos: bigint): string {
  const sign = nanos < 0n ? '-' : ''
  const absolute = nanos < 0n ? -nanos : nanos
  const fraction = String(absolute % second)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${sign}${absolute / second}${fraction === '' ? '' : `.${fraction}`}`
}

/** The key of an extended attribute, with `%` and `=` of its name escaped as GNU tar does: a key ends at the first `=`. */
export function xattrKey(name: string): string {
  return `SCHILY.xattr.${name.replace(/[%=]/g, (char) => (char === '%' ? '%25' : '%3D'))}`
}
