import { IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { errorAnswer, errorOf } from './errors.ts'
import { Mismatch, type Shape } from './shape.ts'
import type { GcAnswer } from './transport.ts'

const mostBytes = 64 * 1024 * 1024
/** Of one line. */
const longestLine = 4 * 1024 * 1024

/** The document of an answer. Errors: those that it tells of; SERVER_FAILED for nonsense. */
export async function documentOf<T>(answer: GcAnswer, shape: Shape<T>): Promise<T> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer.body) {
    size += piece.byteLength
    if (size > mostBytes) throw nonsense('its answer is too large')
    pieces.push(piece)
  }
  const value = parsed(Buffer.concat(pieces))
  if (answer.status !== 200) throw toldError(value, answer.status)
  return read(value, shape)
}

/** The lines of an answer, which is asked for with the first, each as it comes. Errors: as {@link documentOf}, in the midst, too. */
export async function* linesOf<T>(ask: () => Promise<GcAnswer>, shape: Shape<T>): AsyncGenerator<T> {
  const answer = await ask()
  if (answer.status !== 200) await documentOf(answer, shape)
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of answer.body) {
    const [first = '', ...others] = decoder.decode(piece, { stream: true }).split('\n')
    rest += first
    for (const other of others) {
      yield lineOf(rest, shape)
      rest = other
    }
    if (rest.length > longestLine) throw nonsense('a line of its answer is too long')
  }
  if (rest !== '') throw nonsense('its answer ends within a line')
}

function lineOf<T>(line: string, shape: Shape<T>): T {
  const value = parsed(line)
  if (isObject(value) && isObject(value['error'] ?? null)) throw toldError(value, 500)
  return read(value, shape)
}

function parsed(source: Uint8Array | string): JsonValue {
  try {
    return parseJson(source, { what: 'answer', maxBytes: mostBytes })
  } catch (error) {
    throw nonsense('its answer is no JSON', error)
  }
}

function read<T>(value: JsonValue, shape: Shape<T>): T {
  try {
    return shape.read(value, '')
  } catch (error) {
    if (error instanceof Mismatch) throw nonsense(error.message, error)
    throw error
  }
}

function toldError(value: JsonValue, status: number): Error {
  try {
    return errorOf(errorAnswer.read(value, ''))
  } catch {
    return nonsense(`it answers ${status}, and not in words of this API`)
  }
}

function nonsense(what: string, cause?: unknown): IbuildError {
  return new IbuildError('SERVER_FAILED', `the server has no API of retention that is understood here: ${what}`, {
    cause,
  })
}
