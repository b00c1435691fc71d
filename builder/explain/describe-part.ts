import { describeFiles, type IgnoreChange } from './describe-files.ts'
import { showChange, showValue, withoutSecrets } from './show-value.ts'
import type { ComparedPart, MissCode, MissReason } from './types.ts'

/** What the wording depends on beside the part itself. */
export interface PartScope {
  /** Variables that an ARG declared. */
  readonly argNames: ReadonlySet<string>
  readonly ignore: IgnoreChange | undefined
  /** ` of the base image NAME` when a changed base image brought the value, else empty. */
  readonly origin: (part: ComparedPart) => string
}

/** Says of one changed part how it changed. */
export function describePart(part: ComparedPart, scope: PartScope): MissReason {
  const { name } = part
  if (name.startsWith('env ')) return { code: 'environment', text: describeVariable(part, scope) }
  if (name.startsWith('content of ')) return describeContent(part, scope)
  if (name.startsWith('matches of ')) return { code: 'files', text: describeMatches(part) }
  if (name.startsWith('file ')) return { code: 'content', text: `heredoc ${name} ${part.change}` }
  if (name === 'script') return { code: 'script', text: `heredoc script ${part.change}` }
  if (name === 'command') return { code: 'command', text: `command${arrow(commandOf(part), ' changed: ')}` }
  if (name === 'instruction') return { code: 'instruction', text: `another instruction${arrow(part, ': ')}` }
  return { code: 'setting', text: describeSetting(part, scope) }
}

/** `ARG NAME 1 -> 2`; of a secret only that it changed. */
function describeVariable(part: ComparedPart, { argNames, origin }: PartScope): string {
  const head = `${partLabel(part.name, { argNames })}${origin(part)}`
  const value = part.after ?? part.before ?? ''
  if (withoutSecrets(value) === '***') return `${head} ${part.change} (value not shown)`
  if (part.change === 'added') return `${head} added: ${showValue(value)}`
  if (part.change === 'removed') return `${head} removed (was ${showValue(value)})`
  return `${head}${arrow(part, ' ')}`
}

/** ` before -> after`, or that the difference is in what is not shown. */
function arrow({ before = '', after = '' }: Pick<ComparedPart, 'before' | 'after'>, separator: string): string {
  const shown = showChange(before, after)
  return shown === undefined ? ' changed (value not shown)' : `${separator}${shown}`
}

function describeContent(part: ComparedPart, { ignore }: PartScope): MissReason {
  const source = part.name.slice('content of '.length)
  const code: MissCode = part.change === 'changed' ? 'content' : 'files'
  if (part.change !== 'changed') return { code, text: `source ${source} ${part.change}` }
  const { files = [], fileCount = files.length } = part
  const isContent = files.every(({ change }) => change === 'content')
  return { code: isContent ? 'content' : 'files', text: describeFiles(source, { files, fileCount }, ignore) }
}

function describeMatches(part: ComparedPart): string {
  const [before, after] = [listOf(part.before), listOf(part.after)]
  const added = after.filter((name) => !before.includes(name))
  const removed = before.filter((name) => !after.includes(name))
  const [first] = [...added.map((name) => `${name} added`), ...removed.map((name) => `${name} removed`)]
  const more = added.length + removed.length - 1
  return `${part.name}: ${first ?? 'changed'}${more > 0 ? ` and ${more} more` : ''}`
}

function listOf(json: string | undefined): string[] {
  const value: unknown = json === undefined ? [] : JSON.parse(json)
  return Array.isArray(value) ? value.map(String) : []
}

/** The words of a shell command; the shell before it is shown only when it differs. */
function commandOf({ before = '[]', after = '[]' }: ComparedPart): { before: string; after: string } {
  const [old, now] = [listOf(before), listOf(after)]
  const sameHead = old.length === now.length && old.slice(0, -1).every((word, i) => word === now[i])
  if (sameHead) return { before: old.at(-1) ?? '', after: now.at(-1) ?? '' }
  return { before: old.join(' '), after: now.join(' ') }
}

/** What people call a part. */
export function partLabel(name: string, { argNames }: Pick<PartScope, 'argNames'>): string {
  if (!name.startsWith('env ')) return labels[name] ?? name
  const variable = name.slice('env '.length)
  return `${argNames.has(variable) ? 'ARG' : 'ENV'} ${variable}`
}

const labels: Readonly<Record<string, string>> = {
  parent: 'the layers below',
  workdir: 'working directory',
  path: 'directory',
  hostname: 'host name',
  hosts: '--add-host',
  chown: '--chown',
  chmod: '--chmod',
  unpack: '--unpack',
}

function describeSetting(part: ComparedPart, { origin }: PartScope): string {
  const { name } = part
  const label = `${labels[name] ?? name}${origin(part)}`
  if (name === 'limits' || name === 'hosts')
    return `${label}${arrow({ before: plainList(part.before), after: plainList(part.after) }, ' ')}`
  const none = name === 'user' ? 'root' : '(none)'
  const value = (text: string | undefined): string =>
    name === 'SOURCE_DATE_EPOCH' && text !== undefined ? text.replace(/0{9}$/, '') : text || none
  return `${label}${arrow({ before: value(part.before), after: value(part.after) }, ' ')}`
}

/** `memory=1 cpuQuota=2` for a list of pairs, `a:1.2.3.4 b:...` for one of texts. */
function plainList(json: string | undefined): string {
  const list: unknown = JSON.parse(json ?? '[]')
  const items: readonly unknown[] = Array.isArray(list) ? list : []
  const shown = items.map((item) => (Array.isArray(item) ? `${item[0]}=${plainItem(item[1])}` : plainItem(item)))
  return shown.length === 0 ? '(none)' : shown.join(' ')
}

function plainItem(item: unknown): string {
  return typeof item === 'string' ? item : JSON.stringify(item)
}
