import { IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { errorAnswer, errorOf } from './errors.ts'
import { anything, Mismatch, type Shape } from './shape.ts'
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

/** The lines of an answer, which is asked for with the first, as they come. Errors: as {@link documentOf}, in the midst, too. */
export async function* linesOf<T>(ask: () => Promise<GcAnswer>, shape: Shape<T>): AsyncGenerator<readonly T[]> {
  for await (const bytes of wholeLines(ask)) {
    const lines = bytes.subarray(0, -1).toString().split('\n')
    yield lines.map((line) => lineOf(line, shape))
  }
}

/**
 * The bytes of the lines, for whoever only passes them on: that the first and the last one are as they must be is all that is looked at, and
 * that nothing is in them that a terminal would act on.
 */
export async function* lineBytesOf(ask: () => Promise<GcAnswer>, shape: Shape<unknown>): AsyncGenerator<Uint8Array> {
  let [held, isFirst]: [Uint8Array, boolean] = [new Uint8Array(), true]
  for await (const bytes of wholeLines(ask)) {
    if (isFirst) lineOf(bytes.subarray(0, bytes.indexOf(lineFeed)), shape)
    isFirst = false
    if (control.test(bytes.toString('latin1'))) throw nonsense('its answer has a control character in it')
    const last = bytes.subarray(0, -1).lastIndexOf(lineFeed) + 1
    if (held.length > 0) yield held
    if (last > 0) yield bytes.subarray(0, last)
    held = bytes.subarray(last)
  }
  if (held.length === 0) return
  lineOf(held.subarray(0, -1), shape)
  yield held
}

const lineFeed = 0x0a
/** Other than the end of a line. */
// oxlint-disable-next-line no-control-regex -- that is what is looked for
const control = /[\u0000-\u0009\u000b-\u001f]/

/** Bytes of one line or more, each with its end. */
async function* wholeLines(ask: () => Promise<GcAnswer>): AsyncGenerator<Buffer> {
  const answer = await ask()
  if (answer.status !== 200) await documentOf(answer, anything)
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of answer.body) {
    const bytes =
      rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([rest, piece])
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end > 0) yield bytes.subarray(0, end)
    rest = bytes.subarray(end)
    if (rest.length > longestLine) throw nonsense('a line of its answer is too long')
  }
  if (rest.length > 0) throw nonsense('its answer ends within a line')
}

function lineOf<T>(line: Uint8Array | string, shape: Shape<T>): T {
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
