/** Rows as text in columns; the first row is the heading. Columns are as wide as their widest cell, three blanks apart. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

const units: readonly (readonly [seconds: number, name: string])[] = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
]

/** `3 days ago`; 'N/A' for a time that is not known. */
export function formatAge(time: string | undefined, now: Date = new Date()): string {
  const then = time === undefined ? Number.NaN : Date.parse(time)
  if (Number.isNaN(then)) return 'N/A'
  const seconds = Math.max(0, (now.getTime() - then) / 1000)
  const [size, name] = units.find(([size]) => seconds >= size) ?? [1, 'second']
  const count = Math.floor(seconds / size)
  return `${count} ${name}${count === 1 ? '' : 's'} ago`
}

/** The 12 hex digits that people read. */
export function shortID(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12)
}
