import type { IbuildError } from '../base/errors.ts'
import { isIbuildError } from '../base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../base/json.ts'
import { HttpFailure } from './http/failure.ts'
import { readBody } from './http/read-body.ts'
import { type HttpAnswer } from './http/types.ts'

/** How whoever asks servers of one kind tells what went wrong. `what` is what was tried: `cannot read the tags of host/name`. */
export interface ServerErrors {
  /** For an answer that was not hoped for. */
  answer(answer: HttpAnswer, what: string): Promise<IbuildError>
  /** For a request that came to nothing; what is none of the network stays as it is. */
  failure(error: unknown, what: string): unknown
  /** For an answer that makes no sense. */
  invalid(what: string, problem: string): IbuildError
  /** For credentials that are refused. */
  denied(message: string, hint: string): IbuildError
}

const longestErrorBody = 64 * 1024
const longestMessage = 400

/** What a server says in the body of an answer that is an error (OCI distribution-spec, "Error Codes"). */
export async function toldBy(answer: HttpAnswer): Promise<string | undefined> {
  const value = await errorBody(answer)
  return value === undefined ? undefined : messageIn(value)
}

/** The body of an answer that is an error, if it is JSON. */
async function errorBody(answer: HttpAnswer): Promise<JsonValue | undefined> {
  try {
    return parseJson(await readBody(answer, longestErrorBody), { what: 'answer' })
  } catch (error) {
    if (error instanceof HttpFailure || isIbuildError(error, 'JSON_INVALID')) return undefined
    throw error
  }
}

function messageIn(value: JsonValue): string | undefined {
  if (!isObject(value)) return undefined
  const errors = Array.isArray(value['errors']) ? value['errors'].filter(isObject) : [value]
  const texts = errors.slice(0, 3).map(({ code, message, details }) => {
    const said = [message, details, code].find((text) => typeof text === 'string' && text.trim() !== '')
    return typeof said === 'string' ? said.trim() : ''
  })
  const text = texts.filter((each) => each !== '').join('; ')
  return text === '' ? undefined : text.replaceAll(/\s+/g, ' ').slice(0, longestMessage)
}
