import { type EscapeCharacter, trimStart } from './words.ts'

/** Reads physical lines of a text. Lines end with LF; a CR before it is part of the line. */
export class LineReader {
  readonly text: string
  /** Number of lines read, so the 1-based number of the last one. */
  line = 0
  /** Offset of the next line. */
  offset = 0

  constructor(text: string) {
    this.text = text
  }

  /** The next line with its line ending, or undefined at the end. */
  next(): string | undefined {
    if (this.offset >= this.text.length) return undefined
    const newline = this.text.indexOf('\n', this.offset)
    const end = newline < 0 ? this.text.length : newline + 1
    const line = this.text.slice(this.offset, end)
    this.offset = end
    this.line++
    return line
  }

  /** Gives the last line back. */
  unread(line: string): void {
    this.offset -= line.length
    this.line--
  }
}

/** Continuations joined, comments inside removed. */
export interface LogicalLine {
  readonly text: string
  readonly startLine: number
  /** Offset of the first physical line. */
  readonly startOffset: number
  /** True when an empty line stands inside the continuation. */
  readonly hasEmptyLine: boolean
  /** Comments above, without `#`, since the last instruction or the last bare `#`. */
  readonly comments: readonly string[]
}

/** The next line that is not blank and not a comment, or undefined at the end of the text. */
export function nextLogicalLine(reader: LineReader, escape: EscapeCharacter): LogicalLine | undefined {
  let comments: string[] = []
  for (;;) {
    const startOffset = reader.offset
    const raw = reader.next()
    if (raw === undefined) return undefined
    const line = trimStart(trimNewline(raw))
    if (line.startsWith('#')) {
      const comment = line.slice(1).trim()
      if (comment === '') comments = []
      else comments.push(comment)
    } else if (line !== '') {
      return { startLine: reader.line, startOffset, comments, ...join(reader, line, escape) }
    }
  }
}

/** Joins the lines that continue `first`. An escape character at the end of the file is dropped. */
function join(reader: LineReader, first: string, escape: EscapeCharacter): { text: string; hasEmptyLine: boolean } {
  const parts: string[] = []
  let hasEmptyLine = false
  let line: string | undefined = first
  while (line !== undefined) {
    const head = continued(line, escape)
    parts.push(head ?? line)
    if (head === undefined) break
    const following = nextContinuation(reader)
    hasEmptyLine ||= following.skippedEmpty
    line = following.line
  }
  return { text: parts.join(''), hasEmptyLine }
}

/** The next line that is neither a comment nor empty; it keeps its leading white space. */
function nextContinuation(reader: LineReader): { line: string | undefined; skippedEmpty: boolean } {
  let skippedEmpty = false
  for (;;) {
    const raw = reader.next()
    if (raw === undefined) return { line: undefined, skippedEmpty }
    const line = trimNewline(raw)
    const start = trimStart(line)
    if (start === '') skippedEmpty = true
    else if (!start.startsWith('#')) return { line, skippedEmpty }
  }
}

/** The line without its continuation mark, or undefined when it has none: `x \` continues, `x \\` does not. */
function continued(line: string, escape: EscapeCharacter): string | undefined {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--
  if (line[end - 1] !== escape || line[end - 2] === escape) return undefined
  return line.slice(0, end - 1)
}

/** Removes CR and LF at the end. */
export function trimNewline(line: string): string {
  let end = line.length
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--
  return line.slice(0, end)
}
