import { escapeControls } from './json-text.ts'
import type { OutputFormat } from './output-format.ts'

/**
 * The text that `dataText` gives, in pieces: those of an array, or of the arrays of an object, are made one by one, so
 * that they may be very many.
 */
export async function dataPieces(value: object, format: Exclude<OutputFormat, 'table'>): Promise<Iterable<string>> {
  if (format === 'json') return jsonPieces(value)
  const { yamlText } = await import('../../shared/config/yaml-text.ts')
  return yamlPieces(value, yamlText)
}

function* jsonPieces(value: object): Generator<string> {
  if (Array.isArray(value)) yield* jsonList(value, '')
  else yield* jsonObject(value)
  yield '\n'
}

function* jsonObject(value: object): Generator<string> {
  let lead = '{'
  for (const [name, member] of membersOf(value)) {
    yield `${lead}\n  ${jsonOf(name, '')}: `
    if (Array.isArray(member)) yield* jsonList(member, '  ')
    else yield jsonOf(member, '  ')
    lead = ','
  }
  yield lead === '{' ? '{}' : '\n}'
}

function* jsonList(values: readonly unknown[], indent: string): Generator<string> {
  if (values.length === 0) return yield '[]'
  let lead = '['
  for (const value of values) {
    yield `${lead}\n${indent}  ${jsonOf(value, `${indent}  `)}`
    lead = ','
  }
  yield `\n${indent}]`
}

/** Line feeds are only between members: those of texts are escaped. */
function jsonOf(value: unknown, indent: string): string {
  return escapeControls(JSON.stringify(value, undefined, 2) ?? 'null').replaceAll('\n', `\n${indent}`)
}

function* yamlPieces(value: object, toText: (value: unknown) => string): Generator<string> {
  if (Array.isArray(value) && value.length > 0) {
    for (const each of value) yield toText([each])
    return
  }
  const members = Array.isArray(value) ? [] : membersOf(value)
  if (members.length === 0) yield toText(value)
  for (const [name, member] of members) {
    if (!Array.isArray(member) || member.length === 0) yield toText({ [name]: member })
    else {
      yield toText({ [name]: [] }).replace(/ \[\]\n$/, '\n')
      for (const each of member) yield toText([each]).replace(/^(?=.)/gm, '  ')
    }
  }
}

function membersOf(value: object): [name: string, value: unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}
