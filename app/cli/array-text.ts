import { escapeControls } from './json-text.ts'

/** Pieces of an array with one element after the other, made one by one, so that there may be millions. */
export async function arrayText(values: Iterable<unknown>, format: 'json' | 'yaml'): Promise<Iterable<string>> {
  if (format === 'json') return jsonArray(values)
  const { yamlText } = await import('../../shared/config/yaml-text.ts')
  return yamlArray(values, yamlText)
}

/** One element on each line. */
function* jsonArray(values: Iterable<unknown>): Generator<string> {
  let lead = '[\n'
  for (const value of values) {
    yield `${lead}${escapeControls(JSON.stringify(value))}`
    lead = ',\n'
  }
  yield lead === '[\n' ? '[]\n' : '\n]\n'
}

/** Block sequences of one element follow on each other as one sequence. */
function* yamlArray(values: Iterable<unknown>, toText: (value: unknown) => string): Generator<string> {
  let isEmpty = true
  for (const value of values) {
    yield toText([value])
    isEmpty = false
  }
  if (isEmpty) yield '[]\n'
}
