import { arrayOf, type JsonGuard, type JsonValue } from '../base/json.ts'
import { answerPlace } from './docker-call.ts'

/** Longest list that is read. */
const most = 200_000

/** A list of the Docker daemon, which writes null for one of nothing. */
export function listIn<T>(value: JsonValue | undefined, guard: JsonGuard<T>): readonly T[] {
  return value === undefined || value === null ? [] : arrayOf(guard, most)(value, answerPlace)
}
