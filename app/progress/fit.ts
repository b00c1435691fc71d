import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter()
const ascii = /^[\x20-\x7e]*$/
const dots = '...'

/**
 * One line of a terminal of so many columns: what does not fit is cut from `text`, so that `end` is always there. Wide
 * characters count twice, tabs are blanks.
 */
export function fit(text: string, end: string, columns: number): string {
  const room = Math.max(10, columns - 1 - stringWidth(end))
  const line = text.replaceAll('\n', ' ').replaceAll('\t', '    ')
  return (widthWithin(line, room) ? line : cut(line, room - dots.length) + dots) + end
}

function widthWithin(line: string, room: number): boolean {
  if (ascii.test(line)) return line.length <= room
  return stringWidth(line) <= room
}

function cut(line: string, room: number): string {
  if (ascii.test(line)) return line.slice(0, room)
  let width = 0
  for (const { segment, index } of graphemes.segment(line)) {
    width += stringWidth(segment)
    if (width > room) return line.slice(0, index)
  }
  return line
}
