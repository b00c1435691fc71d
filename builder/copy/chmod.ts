import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** What `--chmod` does to a mode (0 to 0o7777). */
export interface ModeChange {
  /** The one mode that everything gets, when it was written in octal. */
  readonly fixed: number | undefined
  apply(mode: number, isDirectory: boolean): number
}

/**
 * Parses `--chmod` (1.9 C08): octal from 0 to 07777, or symbolic as chmod(1) with no umask (`u=rwX,go=rX`, `a+x`, `g=u`).
 * DOCKERFILE_SYNTAX otherwise.
 */
export function parseModeChange(text: string, location: SourceLocation): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode > 0o7777) throw invalid(text, location)
    return { fixed: mode, apply: () => mode }
  }
  const clauses = text.split(',').map(parseClause)
  if (clauses.some((clause) => clause === undefined)) throw invalid(text, location)
  const actions = clauses.flatMap((clause) => clause ?? [])
  return {
    fixed: undefined,
    apply: (mode, isDirectory) =>
      actions.reduce((current, action) => applyAction(action, current, { original: mode, isDirectory }), mode),
  }
}

function invalid(text: string, location: SourceLocation): IbuildError {
  return new IbuildError('DOCKERFILE_SYNTAX', `invalid chmod parameter: '${text.slice(0, 100)}'`, {
    location,
    hint: 'Write an octal mode between 0 and 07777, or a symbolic one such as u=rwX,go=rX.',
  })
}

interface Action {
  /** Bits of the classes that are changed; 0 when none was named. */
  readonly who: number
  readonly operator: '+' | '-' | '='
  readonly permissions: string
}

const classBits: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o007, a: 0o6777 }

function parseClause(text: string): Action[] | undefined {
  const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(text)
  if (match === null) return undefined
  const [, classes = '', rest = ''] = match
  let who = 0
  for (const name of classes) who |= classBits[name] ?? 0
  return [...rest.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, operator, permissions]) => {
    return { who, operator: operator === '+' || operator === '-' ? operator : '=', permissions: permissions ?? '' }
  })
}

interface Before {
  readonly original: number
  readonly isDirectory: boolean
}

function applyAction({ who, operator, permissions }: Action, mode: number, before: Before): number {
  const scope = who === 0 ? 0o6777 : who
  const bits = permissions.split('').reduce((sum, letter) => sum | bitsOf(letter, mode, before), 0)
  const sticky = bits & 0o1000
  const chosen = (bits & scope) | (who === 0o007 ? 0 : sticky)
  if (operator === '+') return mode | chosen
  if (operator === '-') return mode & ~chosen
  return (mode & ~scope & ~0o1000) | (mode & 0o1000 & ~scope) | chosen
}

function bitsOf(letter: string, mode: number, { original, isDirectory }: Before): number {
  switch (letter) {
    case 'r':
      return 0o444
    case 'w':
      return 0o222
    case 'x':
      return 0o111
    case 'X':
      return isDirectory || (original & 0o111) !== 0 ? 0o111 : 0
    case 's':
      return 0o6000
    case 't':
      return 0o1000
    case 'u':
      return spread((mode >> 6) & 7)
    case 'g':
      return spread((mode >> 3) & 7)
    default:
      return spread(mode & 7)
  }
}

function spread(bits: number): number {
  return bits * 0o111
}
