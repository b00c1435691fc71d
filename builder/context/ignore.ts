import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { bytesOf, textOf } from './byte-text.ts'
import { compileIgnorePattern, type PathTest } from './ignore-pattern.ts'

/** What the rules say about one path. */
export interface IgnoreMatch {
  readonly ignored: boolean
  /** Line and text of the pattern that ignores it; undefined when it is not ignored. */
  readonly line?: number
  readonly pattern?: string
}

/** What a directory's own match means for the paths in it. */
export interface IgnoreState extends IgnoreMatch {
  /** By position in the rules: whether the rule matched this directory or one above. */
  readonly matched: readonly boolean[]
}

interface IgnoreRule {
  readonly exclusion: boolean
  readonly test: PathTest
  readonly line: number
  /** As written. */
  readonly pattern: string
  /** Cleaned, without `!`, as latin1 bytes. */
  readonly cleaned: string
}

/** The largest ignore file that is read, in bytes. */
export const maxIgnoreFileSize = 4 * 1024 * 1024

const maxRules = 10_000

/**
 * Parses an ignore file as moby does (1.13 I02): `#` at column 0 is a comment, spaces around are cut, paths are cleaned,
 * a leading slash means nothing, `!` includes again. IGNORE_INVALID with the line for `!` alone or a malformed pattern.
 * `file` is the name shown to users.
 */
export function parseIgnore(bytes: Uint8Array, file: string): IgnoreRules {
  const content = textOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
  const lines = content.replace(/^\uFEFF/, '').split('\n')
  const rules: IgnoreRule[] = []
  for (const [index, line] of lines.entries()) {
    const rule = parseLine(line.replace(/\r$/, ''), { file, line: index + 1 })
    if (rule !== undefined) rules.push(rule)
    if (rules.length > maxRules) throw invalid({ file, line: index + 1 }, line, `more than ${maxRules} patterns`)
  }
  return new IgnoreRules(rules, file, () => digestOf(bytes))
}

/** The rules of an ignore file. Paths are {@link LayerPath}s: latin1, no leading slash, not empty. */
export class IgnoreRules {
  readonly file: string
  /** Of the file's bytes. */
  readonly digest: () => Digest
  readonly #rules: readonly IgnoreRule[]
  /** What must begin with a directory's name for the directory to matter; undefined when wildcards could match anywhere. */
  readonly #inclusions: readonly string[] | undefined

  constructor(rules: readonly IgnoreRule[], file: string, digest: () => Digest) {
    this.file = file
    this.digest = digest
    this.#rules = rules
    const literal = rules
      .filter((rule) => rule.exclusion)
      .map((rule) => rule.cleaned.replace(/\/\*\*$/, '').replace(/\/\*$/, ''))
    this.#inclusions = literal.some((pattern) => /[*[\]?^\\]/.test(pattern)) ? undefined : literal
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** The last rule that matches the path or a directory above it decides (I03). */
  match(path: string): IgnoreMatch {
    let state: IgnoreState | undefined
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      state = this.enter(path.slice(0, slash), state)
    }
    return this.decide(path, state)
  }

  /** The same for one path, when the state of the directory it is in is known (undefined at the top). */
  decide(path: string, parent: IgnoreState | undefined): IgnoreMatch {
    return this.#evaluate(path, parent, undefined)
  }

  /** The state of a directory, given that of the directory it is in. */
  enter(path: string, parent: IgnoreState | undefined): IgnoreState {
    const matched: boolean[] = []
    return { ...this.#evaluate(path, parent, matched), matched }
  }

  /** False when an ignored directory need not be walked: no `!` rule can match anything in it. */
  mayContainIncluded(directory: string): boolean {
    if (this.#inclusions === undefined) return true
    return this.#inclusions.some((pattern) => `${pattern}/`.startsWith(`${directory}/`))
  }

  /** A rule that cannot change the verdict is not asked, and then counts as not matched for what lies below. */
  #evaluate(path: string, parent: IgnoreState | undefined, matched: boolean[] | undefined): IgnoreMatch {
    let decider: IgnoreRule | undefined
    for (const [index, rule] of this.#rules.entries()) {
      const inherited = parent?.matched[index] === true
      const match = inherited || (rule.exclusion === (decider !== undefined) && rule.test(path))
      if (match) decider = rule.exclusion ? undefined : rule
      matched?.push(match)
    }
    if (decider === undefined) return notIgnored
    return { ignored: true, line: decider.line, pattern: decider.pattern }
  }
}

const notIgnored: IgnoreMatch = { ignored: false }

interface Position {
  readonly file: string
  readonly line: number
}

function parseLine(line: string, position: Position): IgnoreRule | undefined {
  const pattern = trimSpace(line)
  if (line.startsWith('#') || pattern === '') return undefined
  const written = pattern.startsWith('!') ? trimSpace(pattern.slice(1)) : pattern
  const cleaned = written === '' ? '' : cleanPath(written).replace(/^\/(?=.)/s, '')
  const whole = cleanPath(trimSpace(pattern.startsWith('!') ? `!${cleaned}` : cleaned))
  const exclusion = whole.startsWith('!')
  if (whole === '!') throw invalid(position, line, 'a "!" needs a pattern')
  const text = exclusion ? whole.slice(1) : whole
  return { exclusion, test: compile(text, line, position), line: position.line, pattern, cleaned: bytesOf(text) }
}

function compile(text: string, line: string, position: Position): PathTest {
  try {
    return compileIgnorePattern(text)
  } catch (cause) {
    throw invalid(position, line, 'the pattern is malformed', cause)
  }
}

function invalid({ file, line }: Position, text: string, why: string, cause?: unknown): IbuildError {
  const shown = text.slice(0, 200)
  return new IbuildError('IGNORE_INVALID', `${file}:${line}: ${why}: ${shown}`, {
    cause,
    location: { file, startLine: line, endLine: line, text: shown },
  })
}

/** White space as Go's strings.TrimSpace knows it; JavaScript's trim differs in U+0085 and U+FEFF. */
function trimSpace(text: string): string {
  return text.replace(leadingSpace, '').replace(trailingSpace, '')
}

const space = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leadingSpace = new RegExp(`^${space}+`)
const trailingSpace = new RegExp(`(?<!${space})${space}+$`)

/** Go's filepath.Clean: the shortest equal path, `.` for an empty one. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!rooted) parts.push('..')
  }
  const joined = parts.join('/')
  return rooted ? `/${joined}` : joined === '' ? '.' : joined
}
