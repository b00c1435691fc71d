import { BadPattern, type NamePattern, parsePattern } from '../../../shared/base/name-pattern.ts'
import { problemOfPattern } from '../../../shared/base/repository-pattern.ts'
import { BadValue, type Kind, texts } from '../../../shared/config/kinds.ts'
import type { ImmutableBy } from '../../service/tag-rules.ts'

/** Which tags must stay: `REPOSITORIES:TAGS`, both patterns; `TAGS` for those of all repositories; with `!` before it, those that need not. */
export const immutableTags: Kind<readonly string[]> = {
  ...texts,
  name: 'list of [!][REPOSITORIES:]TAGS',
  read: (value) => {
    const rules = texts.read(value)
    rules.forEach(parseRule)
    return rules
  },
}

interface TagRule {
  readonly text: string
  readonly isException: boolean
  readonly repositories: NamePattern
  readonly tags: NamePattern
}

/** Decides by the last rule that fits a tag. */
export function immutableByRules(texts: readonly string[]): ImmutableBy {
  const rules = texts.map(parseRule).reverse()
  return (name) => {
    const here = rules.filter(({ repositories }) => repositories.matches(name))
    if (here.every(({ isException }) => isException)) return undefined
    return (tag) => {
      const found = here.find(({ tags }) => tags.matches(tag))
      return found === undefined || found.isException ? undefined : found.text
    }
  }
}

/** Errors: {@link BadValue}. */
function parseRule(text: string): TagRule {
  const isException = text.startsWith('!')
  const rule = isException ? text.slice(1) : text
  const colon = rule.lastIndexOf(':')
  const repositories = colon < 0 ? '**' : rule.slice(0, colon)
  const problem = problemOfPattern(repositories)
  if (problem !== undefined) throw new BadValue(`${JSON.stringify(text)}: the pattern for repositories ${problem}`)
  return {
    text,
    isException,
    repositories: parsed(text, repositories),
    tags: parsed(text, tagPattern(text, rule.slice(colon + 1))),
  }
}

function tagPattern(text: string, pattern: string): string {
  if (!pattern.includes('/') && !pattern.includes('**')) return pattern
  throw new BadValue(`${JSON.stringify(text)}: a tag has no /: write REPOSITORIES:TAGS`)
}

function parsed(text: string, pattern: string): NamePattern {
  try {
    return parsePattern(pattern)
  } catch (error) {
    throw error instanceof BadPattern ? new BadValue(`${JSON.stringify(text)}: ${error.message}`) : error
  }
}
