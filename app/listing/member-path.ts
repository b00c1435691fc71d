import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'

/** A name between dots, `[3]`, or `["a.b"]` for a name with dots. */
const part = /\.?([^.[\]"]+)|\[(\d+)\]|\.?\[("(?:[^"\\]|\\.)*")\]/y

/** `config.config.Labels["a.b"]`, `layers[0].diffID` or `layers.0.diffID` as its parts. Errors: USAGE. */
export function parseMemberPath(text: string): string[] {
  const parts: string[] = []
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    const name = found?.[1] ?? found?.[2] ?? quoted(found?.[3])
    if (name === undefined || (parts.length === 0 && text.startsWith('.'))) throw notPath(text)
    parts.push(name)
  }
  if (parts.length === 0) throw notPath(text)
  return parts
}

function quoted(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : String(JSON.parse(text))
  } catch {
    return undefined
  }
}

function notPath(text: string): IbuildError {
  return new IbuildError('USAGE', `--path: ${JSON.stringify(text)} is not a path of members`, {
    hint: 'Write it as config.config.Env, layers[0].diffID or config.config.Labels["a.b"].',
  })
}

/** The member of plain data that the path leads to. Errors: USAGE naming the members that are there. */
export function memberAt(data: unknown, path: readonly string[]): unknown {
  let value = data
  for (const [i, name] of path.entries()) {
    const next = memberOf(value, name)
    if (next === undefined) throw noMember(value, path.slice(0, i + 1))
    value = next
  }
  return value
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}

function noMember(value: unknown, path: readonly string[]): IbuildError {
  const there = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const similar = Array.isArray(value) ? undefined : suggest(path.at(-1) ?? '', there)
  const list = Array.isArray(value) ? `It has ${value.length} elements.` : `There is ${there.join(', ') || 'nothing'}.`
  return new IbuildError('USAGE', `--path: no member ${path.join('.')}`, {
    hint: similar === undefined ? list : `Did you mean ${similar}?`,
  })
}
