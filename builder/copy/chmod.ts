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

type Operator = '+' | '-' | '='

interface Action {
  /** Bits of the classes that are changed; 0 when none was named. */
  readonly who: number
  readonly operator: Operator
  readonly permissions: string
}

const everyone = 0o6777
const sticky = 0o1000

const classBits: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o007, a: everyone }

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

/**
 * Letters are taken as BSD's setmode does: `r`, `w`, `x`, `s` and `t` are collected and applied together; `u`, `g` or `o`
 * first apply what was collected and then copy; `X` looks at the mode before any change; `t` narrows a clause without
 * classes to the sticky bit.
 */
function applyAction({ who: named, operator, permissions }: Action, mode: number, before: Before): number {
  let who = named
  let result = mode
  let collected = 0
  let conditional = 0
  let copied = false
  const changesSpecial = (): boolean => who === 0 || (who & ~0o007) !== 0
  for (const letter of permissions) {
    if (letter === 's') collected |= changesSpecial() ? 0o6000 : 0
    else if (letter === 't') {
      if (changesSpecial()) {
        who |= sticky
        collected |= sticky
      }
    } else if (letter === 'X' && operator !== '-') conditional = 0o111
    else if (letter === 'u' || letter === 'g' || letter === 'o') {
      if (collected !== 0) result = change(result, operator, { who, bits: collected })
      result = addConditional(result, { who, bits: conditional }, before)
      collected = conditional = 0
      result = copyClass(result, operator, { who, shift: shifts[letter] })
      copied = true
    } else collected |= letterBits[letter] ?? 0
  }
  if (collected !== 0 || (operator === '=' && !copied)) result = change(result, operator, { who, bits: collected })
  return addConditional(result, { who, bits: conditional }, before)
}

const letterBits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, X: 0o111 }
const shifts = { u: 6, g: 3, o: 0 } as const

interface Bits {
  readonly who: number
  readonly bits: number
}

function change(mode: number, operator: Operator, { who, bits }: Bits): number {
  const chosen = who === 0 ? bits : bits & who
  if (operator === '-') return mode & ~chosen
  const kept = operator === '=' ? mode & ~(who === 0 ? everyone : who) : mode
  return kept | chosen
}

function addConditional(mode: number, bits: Bits, { original, isDirectory }: Before): number {
  return isDirectory || (original & 0o111) !== 0 ? change(mode, '+', bits) : mode
}

/** Copies the permissions of one class to those named, all when none is. */
function copyClass(mode: number, operator: Operator, { who, shift }: { who: number; shift: number }): number {
  const value = (mode >> shift) & 7
  let result = mode
  for (const to of [6, 3, 0]) {
    if (who !== 0 && (who & (0o4 << to)) === 0) continue
    if (operator === '=') result = (result & ~(7 << to)) | (value << to)
    else result = operator === '+' ? result | (value << to) : result & ~(value << to)
  }
  return result
}
