import { problemOfPattern } from '../../../shared/base/repository-pattern.ts'
import { suggest } from '../../../shared/base/suggest.ts'
import { BadValue, isPlainObject, type Kind, onlyInFile, texts } from '../../../shared/config/kinds.ts'
import { type AccessRule, type Scope, scopes } from '../../access.ts'

const [mostRules, mostWords] = [1000, 1000]
const ruleKeys = ['who', 'scopes', 'repositories']

/** Who may do what over the API. */
export const accessRules: Kind<readonly AccessRule[]> = {
  name: 'list of rules',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of rules')
    if (value.length > mostRules) throw new BadValue(`has more than ${mostRules} rules`)
    return value.map((one: unknown, i) => readRule(one, `rule ${i + 1}`))
  },
  fromText: onlyInFile,
  show: (value) =>
    value.map(({ who, scopes: granted, repositories }) => ({
      who: [...who],
      scopes: [...granted],
      ...(repositories !== undefined && { repositories: [...repositories] }),
    })),
}

function readRule(value: unknown, place: string): AccessRule {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected who and scopes`)
  const other = Object.keys(value).find((key) => !ruleKeys.includes(key))
  if (other !== undefined) throw new BadValue(`${place}: there is no key ${shown(other)}${advice(other, ruleKeys)}`)
  const granted = words(value['scopes'], `${place}: scopes`)
  for (const word of granted) {
    if (!isScope(word)) throw new BadValue(`${place}: ${shown(word)} is none of ${scopes.join(', ')}`)
  }
  const who = words(value['who'], `${place}: who`)
  for (const word of who) checkWho(word, place)
  return { who, scopes: granted.filter(isScope), repositories: patternsOf(value['repositories'], place) }
}

function patternsOf(value: unknown, place: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  const patterns = words(value, `${place}: repositories`)
  for (const pattern of patterns) {
    const problem = problemOfPattern(pattern)
    if (problem !== undefined) throw new BadValue(`${place}: the pattern ${shown(pattern)} ${problem}`)
  }
  return patterns
}

function words(value: unknown, place: string): readonly string[] {
  if (value === undefined) throw new BadValue(`${place} is missing`)
  const list = texts.read(value)
  if (list.length === 0 || list.length > mostWords) throw new BadValue(`${place}: expected 1 to ${mostWords} words`)
  return [...new Set(list)]
}

function checkWho(word: string, place: string): void {
  if (word === 'anonymous' || word === 'authenticated' || /^(?:user|group):[^\s:]{1,255}$/u.test(word)) return
  throw new BadValue(`${place}: ${shown(word)} is none of user:NAME, group:NAME, authenticated and anonymous`)
}

function isScope(word: string): word is Scope {
  return scopes.some((scope) => scope === word)
}

function shown(word: string): string {
  return JSON.stringify(word.slice(0, 80))
}

function advice(word: string, known: readonly string[]): string {
  const meant = suggest(word, known)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}
