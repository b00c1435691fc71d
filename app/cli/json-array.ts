import { escapeControls } from './json-text.ts'

/** A JSON array with one element on each line, made one by one. */
export function* jsonArray(values: Iterable<unknown>): Generator<string> {
  let lead = '[\n'
  for (const value of values) {
    yield `${lead}${escapeControls(JSON.stringify(value))}`
    lead = ',\n'
  }
  yield lead === '[\n' ? '[]\n' : '\n]\n'
}
