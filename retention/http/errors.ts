import { type ErrorCode, errorCodes } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { Refusal } from '../../shared/web/further.ts'
import { PolicyRefused } from '../policy/policy-refused.ts'
import type { PolicyProblem } from '../policy/problem.ts'
import { problem } from './document-shapes.ts'
import { type NamedShape, named, object, optional } from './object-shape.ts'
import { list, Mismatch, text } from './shape.ts'

/** An answer that says why there is none. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hint?: string | undefined
    /** The field that is wrong. */
    readonly path?: string | undefined
    /** All that is wrong with a policy. */
    readonly problems?: readonly PolicyProblem[] | undefined
  }
}

export const errorAnswer: NamedShape<ErrorAnswer> = named(
  'Error',
  object<ErrorAnswer>({
    error: object<ErrorAnswer['error']>({
      code: text({ about: 'Stable: see docs/errors.md.' }),
      message: text(),
      hint: optional(text()),
      path: optional(text({ about: 'The field that is wrong.' })),
      problems: optional(list(problem)),
    }),
  }),
)

/** What each status says, for the document. */
export const statusWords: Readonly<Record<number, string>> = {
  400: 'The request cannot be read, or a field is not as it must be.',
  401: 'Log in: the header WWW-Authenticate says how.',
  403: 'You may not do this, or it is asked by a page of another site.',
  404: 'There is no such thing.',
  405: 'There is another method here.',
  409: 'Something else goes on, a plan is no more as it was, or what is in force speaks against it.',
  410: 'What was removed was purged: it cannot come back.',
  413: 'The body is too large.',
  415: 'The body has another type.',
  422: 'The policy is wrong.',
  429: 'Too much is asked for at once: try again.',
  500: 'Something went wrong in the server.',
  502: 'A Docker daemon, or another registry, cannot be reached or does not do what it is asked for.',
}

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  OBJECT_NOT_FOUND: 404,
  USAGE: 400,
  JSON_INVALID: 400,
  REFERENCE_INVALID: 400,
  DIGEST_INVALID: 400,
  DOCKER_FAILED: 502,
  DOCKER_UNREACHABLE: 502,
  REGISTRY_DENIED: 403,
  REGISTRY_UNREACHABLE: 502,
  NOT_SUPPORTED: 409,
  RETENTION_BUSY: 409,
  RETENTION_DRY_RUN: 409,
  RETENTION_GUARDED: 409,
  RETENTION_PLAN_CHANGED: 409,
  RETENTION_PLAN_EXPIRED: 409,
  RETENTION_POLICY_INVALID: 422,
  RETENTION_PURGED: 410,
}

/** Codes for what the server refuses by itself. */
const refusalCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'REGISTRY_DENIED',
  403: 'REGISTRY_DENIED',
  404: 'OBJECT_NOT_FOUND',
  429: 'SERVER_BUSY',
}

export interface Failed extends ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What only the operator is told. */
  readonly cause: unknown
}

/** What is answered to a request that failed. Of what nobody foresaw the client learns nothing. */
export function failureOf(error: unknown): Failed {
  if (error instanceof Refusal) return failed(error.status, codeOfRefusal(error.status), error)
  if (error instanceof Mismatch) return failed(400, 'USAGE', { message: error.message, path: error.path })
  if (!(error instanceof IbuildError))
    return failed(500, 'SERVER_FAILED', { message: 'something went wrong in the server', cause: error })
  const status = statuses[error.code] ?? 500
  const { message, cause } = error
  const hint = error.hint === errorCodes.OBJECT_NOT_FOUND.hint ? undefined : error.hint
  const problems = error instanceof PolicyRefused ? error.problems : undefined
  return failed(status, error.code, { message, hint, problems, path: problems?.[0]?.path, cause })
}

function codeOfRefusal(status: number): ErrorCode {
  return refusalCodes[status] ?? 'USAGE'
}

type Telling = Omit<ErrorAnswer['error'], 'code'> & {
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

function failed(
  status: number,
  code: ErrorCode,
  { message, hint, path, problems, headers = {}, cause }: Telling,
): Failed {
  const told = { ...(hint !== undefined && { hint }), ...(path !== undefined && path !== '' && { path }) }
  return { status, headers, cause, error: { code, message, ...told, ...(problems !== undefined && { problems }) } }
}

/** The error that an answer tells of. */
export function errorOf({ error: { code, message, hint, problems } }: ErrorAnswer): IbuildError {
  if (code === 'RETENTION_POLICY_INVALID' && problems !== undefined) return new PolicyRefused(problems)
  const known = isErrorCode(code) ? code : 'SERVER_FAILED'
  return new IbuildError(known, message, hint === undefined ? {} : { hint })
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code)
}
