import { isObject, parseJson } from '../../shared/base/json.ts'

const maxMessage = 4096

/**
 * What kept the runtime from running the command, from its log (a JSON object on each line): the first error; undefined
 * when there is none, which means that the command itself ran.
 */
export function runtimeFailure(log: string): string | undefined {
  for (const line of log.split('\n')) {
    const message = line.trim() === '' ? undefined : errorOf(line)
    if (message !== undefined) return message.slice(0, maxMessage)
  }
  return undefined
}

function errorOf(line: string): string | undefined {
  try {
    const entry = parseJson(line, { what: 'runtime log' })
    if (!isObject(entry) || (entry['level'] !== 'error' && entry['level'] !== 'fatal')) return undefined
    return typeof entry['msg'] === 'string' ? entry['msg'] : line
  } catch {
    return line // not of the form that was asked for, but something went wrong
  }
}
