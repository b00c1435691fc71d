import { type ErrorCode, errorCodes } from './error-codes.ts'

/** Where in a text file an error was found; lines are 1-based and inclusive. */
export interface SourceLocation {
  readonly file: string
  readonly startLine: number
  readonly endLine: number
  /** The lines themselves, as written. */
  readonly text: string
}

/** What an error tells beside its code and message. */
export interface ErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly hint?: string
  readonly cause?: unknown
  readonly location?: SourceLocation
}

/** Every error that a user can cause or must act on. Programmer errors stay plain `Error`s. */
export class IbuildError extends Error {
  override readonly name = 'IbuildError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly location: SourceLocation | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? errorCodes[code].hint
    this.location = options.location
  }

  /** The process exit code of a command that ends with this error (1 failed, 2 wrong usage, 3 refused). */
  get exitCode(): number {
    return errorCodes[this.code].exit
  }
}

/** True when `error` is an {@link IbuildError}, with one of `codes` when any are given. */
export function isIbuildError(error: unknown, ...codes: ErrorCode[]): error is IbuildError {
  return error instanceof IbuildError && (codes.length === 0 || codes.includes(error.code))
}

/** For `catch` on what need not be there: undefined for ENOENT, and any other error as it is. */
export function unlessMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}

/** The `code` of a system error (`ENOENT`, `EEXIST`, ...), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}
