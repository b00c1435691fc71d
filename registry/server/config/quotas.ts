import { parsePattern } from '../../../shared/base/name-pattern.ts'
import { problemOfPattern } from '../../../shared/base/repository-pattern.ts'
import { BadValue, isPlainObject, type Kind, size, text } from '../../../shared/config/kinds.ts'
import type { QuotaFor } from '../../service/quota.ts'
import { inside } from './nested-values.ts'

/** How much each of some repositories may have. */
export interface QuotaRule {
  /** A pattern. */
  readonly repositories: string
  /** For each of them; 0 for any number. */
  readonly bytes: number
}

export const quotaRules: Kind<readonly QuotaRule[]> = {
  name: 'list of {repositories, bytes}',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of {repositories, bytes}')
    return value.map((one, i) => readRule(one, `[${i}]`))
  },
  /** `PATTERN=SIZE`, with spaces between several: a pattern may have commas. */
  fromText: (words) =>
    words.split(/\s+/).flatMap((word) => {
      if (word === '') return []
      const [repositories = '', bytes] = word.split('=', 2)
      return [{ repositories, bytes }]
    }),
  show: (rules) => rules.map(({ repositories, bytes }) => ({ repositories, bytes: size.show(bytes) })),
}

function readRule(value: unknown, place: string): QuotaRule {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected {repositories, bytes}`)
  const extra = Object.keys(value).find((name) => name !== 'repositories' && name !== 'bytes')
  if (extra !== undefined) throw new BadValue(`${place}: there is no such key: ${extra}`)
  const rule = {
    repositories: inside(`${place}.repositories`, () => text.read(value['repositories'])),
    bytes: inside(`${place}.bytes`, () => size.read(value['bytes'])),
  }
  const problem = problemOfPattern(rule.repositories)
  if (problem !== undefined)
    throw new BadValue(`${place}.repositories: ${JSON.stringify(rule.repositories)} ${problem}`)
  return rule
}

/** The first rule that fits a repository counts. */
export function quotaByRules(rules: readonly QuotaRule[]): QuotaFor {
  const parsed = rules.map((rule) => ({ ...rule, pattern: parsePattern(rule.repositories) }))
  return (name) => {
    const found = parsed.find(({ pattern }) => pattern.matches(name))
    return found === undefined || found.bytes === 0 ? undefined : { bytes: found.bytes, rule: found.repositories }
  }
}
