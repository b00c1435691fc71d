export interface TableOptions {
  /** Number of the column that is cut so that lines fit into `width`; it keeps at least twenty places. */
  readonly flexible?: number
  /** Places in a line of the terminal. Without it nothing is cut. */
  readonly width?: number | undefined
}

const gap = 3
const narrowest = 20

/** Rows as text in columns; the first row is the heading. Columns are as wide as their widest cell, three blanks apart. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  return [...tableLines(rows, options)].join('')
}

/** The same line by line, for any number of rows; they are asked for twice. */
export function* tableLines(rows: Iterable<readonly string[]>, options: TableOptions = {}): Generator<string> {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, textWidth(cell))
  const limits = limitsOf(widths, options)
  for (const row of rows) {
    const line = row.map((cell, i) => fit(cell, limits[i] ?? 0)).join(' '.repeat(gap))
    yield `${line.trimEnd()}\n`
  }
}

function limitsOf(widths: readonly number[], { flexible, width }: TableOptions): readonly number[] {
  if (width === undefined || flexible === undefined) return widths
  const others = widths.reduce((total, each, i) => total + (i === flexible ? 0 : each + gap), 0)
  const limit = Math.max(narrowest, width - others)
  return widths.map((each, i) => (i === flexible ? Math.min(each, limit) : each))
}

/** The text with blanks up to that width, or cut with three dots at its end. */
function fit(text: string, width: number): string {
  const own = textWidth(text)
  return own <= width ? text + ' '.repeat(width - own) : fit(cutText(text, width), width)
}

/** The text when it takes at most `width` places, else the start of it and three dots. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let start = ''
  let used = 3
  for (const char of text) {
    used += charWidth(char)
    if (used > width) break
    start += char
  }
  return `${start}...`
}

/** A line of cells whose columns are so wide, and the last as it is: for tables whose lines are told one by one. Cut to `width` places. */
export function fixedLine(cells: readonly string[], columns: readonly number[], width: number | undefined): string {
  const text = cells.map((cell, i) => cell.padEnd(columns[i] === undefined ? 0 : columns[i] + gap)).join('')
  return width === undefined ? text : cutText(text, width)
}

/** Places that a text takes in a terminal: none for marks that join the letter before, two for East Asian letters and emoji. */
export function textWidth(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const char of text) width += charWidth(char)
  return width
}

const wide =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u

function charWidth(char: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0
  return wide.test(char) ? 2 : 1
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
