import { problemOfPattern } from '../../shared/base/repository-pattern.ts'
import type { Matcher } from './matcher.ts'

/** What a pattern is matched with. */
export type Subject = 'repository' | 'tag' | 'image'

/** Why a pattern does most likely not do what it looks like, as the end of a sentence; undefined when nothing is odd. */
export function warningOf({ text, syntax }: Matcher, subject: Subject): string | undefined {
  if (syntax === 'glob') return subject === 'repository' ? problemOfPattern(text) : oddCharacter(text, subject)
  return slashAtEnd(text, subject) ?? oddCharacter(literals(text), subject)
}

function slashAtEnd(text: string, subject: Subject): string | undefined {
  const inner = text.replace(/^\^/, '').replace(/\$$/, '')
  const isOdd = subject === 'repository' && !inner.includes('|') && /^\/|(?<!\\)\/$/.test(inner)
  return isOdd ? 'fits no name: repositories have no / at their ends' : undefined
}

/** What stands in a regular expression for itself; capital letters are left out where case does not count. */
function literals(text: string): string {
  const plain = text
    .replaceAll(/\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\./g, '')
    .replaceAll(/\[\^?\]?(?:\[:[^\]]*:\]|[^\]])*\]/g, '')
    .replaceAll(/\(\?P?<[^>]*>|\(\?[a-zA-Z-]*[:)]|\{\d+,?\d*\}/g, '')
    .replaceAll(/[()|*+?^$.]/g, '')
  return /\(\?[a-zA-Z]*i/.test(text) ? plain.toLowerCase() : plain
}

/** Repositories of a Docker daemon may have a host with a port, and `<none>`. */
const odd: Readonly<Record<Subject, RegExp>> = {
  repository: /[^a-z\d._/:<>-]/u,
  tag: /[^\w.*?[\]{},!^<>-]/u,
  image: /[^\w./:<>-]/u,
}
const names: Readonly<Record<Subject, string>> = {
  repository: 'no name of a repository',
  tag: 'no tag',
  image: 'no REPOSITORY:TAG',
}

function oddCharacter(text: string, subject: Subject): string | undefined {
  const found = odd[subject].exec(text)?.[0]
  return found === undefined ? undefined : `has ${JSON.stringify(found)}, which is in ${names[subject]}`
}

const tags = ['latest', 'v1.2.3', 'pr-12-0a1b2c3', '_', 'Z', '20261122.4', '1.0.0-rc.1', `x${'-y'.repeat(63)}`]
const repositories = ['a', 'team-a/api', 'host:5000/x/y', '0']
const probes: Readonly<Record<Subject, readonly string[]>> = {
  tag: tags,
  repository: repositories,
  image: repositories.flatMap((repository) => tags.map((tag) => `${repository}:${tag}`)),
}

/** True when a pattern fits all that was tried, however different. */
export function fitsAll(pattern: Matcher, subject: Subject): boolean {
  return probes[subject].every((name) => pattern.matches(name))
}
