import type { SourceLocation } from '../../shared/base/errors.ts'
import { syntaxError } from './fail.ts'
import { heredocWords, readHeredocBody } from './heredoc.ts'
import { parseJsonArray } from './json-array.ts'
import { type LineReader, type LogicalLine, nextLogicalLine, trimNewline } from './lines.ts'
import { checkHead, type Head, type HeredocBody, type Statement, splitHead } from './statement.ts'
import type { DockerfileWarning } from './types.ts'
import { type EscapeCharacter, trimSpace } from './words.ts'

export interface ReadOptions {
  readonly escape: EscapeCharacter
  readonly file: string
  /** Lines that are not UTF-8. */
  readonly brokenLines: ReadonlySet<number>
  /** Receives the findings. */
  readonly warnings: DockerfileWarning[]
  /** Stands for the place of every statement; by default it is where the statement is. */
  readonly location?: SourceLocation
}

/** A statement and the comments above it. */
export type ReadStatement = Statement & { readonly comments: readonly string[] }

const withHeredocs: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN'])

/** Reads the next instruction with its heredoc bodies, or undefined at the end of the file. */
export function nextStatement(reader: LineReader, options: ReadOptions): ReadStatement | undefined {
  const { escape, warnings } = options
  const line = nextLogicalLine(reader, escape)
  if (line === undefined) return undefined
  const head = splitHead(line.text, escape)
  const above = locate(reader, line, options)
  checkHead(head, above)
  if (line.text.includes('\0')) throw syntaxError('a NUL character is not possible in an instruction', above)
  const heredocs = readHeredocs(reader, { line: line.text, head, escape, location: above })
  const location = heredocs.length === 0 ? above : locate(reader, line, options)
  refuseBroken([line.text, ...heredocs.map(({ raw }) => raw)], options, location)
  const warn = (rule: string, message: string): void => {
    warnings.push({ rule, message, location })
  }
  if (line.hasEmptyLine) warn('NoEmptyContinuation', 'Empty continuation line')
  const source = trimSpace(line.text)
  return { ...head, heredocs, escape, location, line: line.text, source, warn, comments: line.comments }
}

/** From the first line of the statement to the line read last. */
function locate(reader: LineReader, line: LogicalLine, { file, location }: ReadOptions): SourceLocation {
  if (location !== undefined) return location
  const text = trimNewline(reader.text.slice(line.startOffset, reader.offset))
  return { file, startLine: line.startLine, endLine: reader.line, text }
}

/** A replacement character tells that bytes were not UTF-8, when it stands in a line that is not. */
function refuseBroken(texts: readonly string[], { brokenLines }: ReadOptions, location: SourceLocation): void {
  if (brokenLines.size === 0 || !texts.some((text) => text.includes('\ufffd'))) return
  for (let line = location.startLine; line <= location.endLine; line++) {
    if (brokenLines.has(line)) throw syntaxError(`line ${line} is not UTF-8`, location, 'Save the file as UTF-8.')
  }
}

interface HeredocContext {
  readonly line: string
  readonly head: Head
  readonly escape: EscapeCharacter
  readonly location: SourceLocation
}

/** Reads the bodies that follow RUN, COPY, ADD, or an ONBUILD of those, unless the arguments are a JSON array. */
function readHeredocs(reader: LineReader, { line, head, escape, location }: HeredocContext): HeredocBody[] {
  if (!line.includes('<<')) return []
  const inner = head.keyword === 'ONBUILD' ? splitHead(head.args, escape) : head
  if (!withHeredocs.has(inner.keyword) || parseJsonArray(inner.args, location) !== undefined) return []
  return heredocWords(line).map((word) => readHeredocBody(reader, word, () => location))
}
