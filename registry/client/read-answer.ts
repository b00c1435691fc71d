import type { JsonValue } from '../../shared/base/json.ts'
import { parseJson } from '../../shared/base/json.ts'
import { readBody } from '../../shared/net/http/read-body.ts'
import type { HttpAnswer } from '../../shared/net/http/types.ts'
import { connectionError, invalidAnswer } from './errors.ts'

interface ReadOptions {
  /** What is done, for messages. */
  readonly what: string
  /** Bytes. */
  readonly most: number
}

/** The whole body of an answer. Errors: REGISTRY_ANSWER_INVALID when it is too long, REGISTRY_FAILED when it breaks off. */
export async function readAnswer(answer: HttpAnswer, { what, most }: ReadOptions): Promise<Buffer> {
  try {
    return await readBody(answer, most)
  } catch (error) {
    throw connectionError(error, what)
  }
}

/** The body as JSON. Errors: as {@link readAnswer}, REGISTRY_ANSWER_INVALID for what is not JSON. */
export async function readJson(answer: HttpAnswer, options: ReadOptions): Promise<JsonValue> {
  const bytes = await readAnswer(answer, options)
  try {
    return parseJson(bytes, { what: 'the answer', maxBytes: options.most })
  } catch (error) {
    throw invalidAnswer(options.what, error instanceof Error ? error.message : 'the answer is not JSON')
  }
}
