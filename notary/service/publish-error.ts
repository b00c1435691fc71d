import type { JsonObject, JsonValue } from '../../shared/base/json.ts'

/** How the protocol calls what can go wrong, with the status and the words that clients know. */
export const publishErrors = {
  METADATA_NOT_FOUND: { status: 404, message: 'You have requested metadata that does not exist.' },
  INVALID_UPDATE: { status: 400, message: 'Update sent by the client is invalid.' },
  VERSION: { status: 400, message: 'A newer version of metadata is already available.' },
  MALFORMED_UPLOAD: { status: 400, message: 'The body of your request is malformed.' },
  MALFORMED_JSON: { status: 400, message: 'JSON sent by the client could not be parsed by the server' },
  NO_FILENAME: { status: 400, message: 'No file/role name provided.' },
  INVALID_ROLE: { status: 400, message: 'The role you are attempting to operate on is invalid.' },
  INVALID_GUN: { status: 400, message: 'The server does not support actions on images of this name.' },
  INVALID_PARAMETERS: { status: 400, message: 'The parameters provided are not valid.' },
  TOO_LARGE: { status: 413, message: 'The upload is too large.' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many updates are waiting for this collection.' },
  UPDATING: { status: 500, message: 'An error has occurred while updating the TUF repository.' },
  UNAVAILABLE: { status: 503, message: 'The server cannot do this at the moment.' },
  UNKNOWN: { status: 500, message: 'unknown error' },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>

export type PublishCode = keyof typeof publishErrors

/** Which part of an update is wrong: clients print their own sentence for each, and the message behind it. */
export type ValidationName = 'ErrBadRoot' | 'ErrBadTargets' | 'ErrBadSnapshot' | 'ErrBadHierarchy' | 'ErrValidation'

/** Bytes of a whole answer that the stock clients read. */
export const mostErrorBytes = 1024
/** Of what a message may take in JSON, which leaves room for what is around it. */
const mostMessageBytes = 700

/**
 * A request that is refused, as the protocol says it. The stock clients print the message of a detail that {@link invalidUpdate} or
 * {@link conflict} made, if it is the only error of an answer of at most {@link mostErrorBytes} with status 400.
 */
export class PublishError extends Error {
  override readonly name = 'PublishError'
  readonly code: PublishCode
  readonly status: number
  readonly detail: JsonValue | undefined

  constructor(code: PublishCode, options: { readonly detail?: JsonValue; readonly cause?: unknown } = {}) {
    const said = messageIn(options.detail)
    super(said ?? publishErrors[code].message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.status = publishErrors[code].status
    this.detail = options.detail
  }
}

/** An update that breaks a rule. `missing` is the role without which it cannot be. */
export function invalidUpdate(name: ValidationName, message: string, missing?: string): PublishError {
  return new PublishError('INVALID_UPDATE', { detail: validationDetail(name, message, missing) })
}

/** An update that came too late: somebody else published meanwhile. */
export function conflict(message: string): PublishError {
  return new PublishError('VERSION', { detail: validationDetail('ErrValidation', message) })
}

/** The same with another code: what else a stock client is to print, which it does for answers with status 400. */
export function refused(code: PublishCode, message: string): PublishError {
  return new PublishError(code, { detail: validationDetail('ErrValidation', message) })
}

/** The body of an answer with one error. */
export function errorBody({ code, detail }: Pick<PublishError, 'code' | 'detail'>): string {
  const error = { code, message: publishErrors[code].message, ...(detail !== undefined && { detail }) }
  return `${JSON.stringify({ errors: [error] })}\n`
}

function validationDetail(name: ValidationName, message: string, missing?: string): JsonObject {
  const Error = { ...(missing !== undefined && { Missing: missing }), Msg: shortened(message) }
  return { Name: name, Error }
}

/** As much of a text as fits, told by what it takes in JSON. */
function shortened(text: string): string {
  if (jsonBytes(text) <= mostMessageBytes) return text
  let [fits, tooLong] = [0, text.length]
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (jsonBytes(text.slice(0, middle)) <= mostMessageBytes - 3) fits = middle
    else tooLong = middle
  }
  return `${text
    .slice(0, fits)
    .toWellFormed()
    .replace(/\ufffd$/u, '')}...`
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text.toWellFormed()))
}

function messageIn(detail: JsonValue | undefined): string | undefined {
  if (typeof detail !== 'object' || detail === null || !('Error' in detail)) return undefined
  const error = detail['Error']
  if (typeof error !== 'object' || error === null || !('Msg' in error)) return undefined
  return typeof error['Msg'] === 'string' ? error['Msg'] : undefined
}
