import { asObject, parseJson } from '../base/json.ts'

/** Members of a line that are not shown as `name=value`. */
const shownElsewhere = new Set(['level', 'time', 'msg'])
/** What a terminal acts on, or an editor takes for the end of a line; JSON has the other control characters escaped. */
const unescaped = /[\u007f-\u009f\u2028\u2029]/g

/** A line of JSON without any character that is not shown. */
export function escapeLine(json: string): string {
  return json.replace(unescaped, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A line of JSON as one for people: time, level, message, then the fields. */
export function formatLine(json: string): string {
  const line = asObject(parseJson(json, { what: 'a line of the log' }), { code: 'JSON_INVALID', path: 'line' })
  const fields = Object.entries(line).flatMap(([name, value]) =>
    shownElsewhere.has(name) ? [] : [` ${name}=${shown(value)}`],
  )
  const [time, level, message] = [line['time'], line['level'], line['msg']].map((value) => shown(value, true))
  return escapeLine(`${time} ${level?.padEnd(5)} ${message}${fields.join('')}\n`)
}

function shown(value: unknown, isMessage = false): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? ''
  const quoted = JSON.stringify(value)
  const isPlain = quoted.length === value.length + 2 && (isMessage || (value !== '' && !/[\s=]/.test(value)))
  return isPlain ? value : quoted
}
