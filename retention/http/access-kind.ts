import { problemOfPattern } from '../../shared/base/repository-pattern.ts'
import { BadValue, isPlainObject, type Kind, onlyInFile, texts } from '../../shared/config/kinds.ts'
import { delegable, type GcAccessRule, type Scope, scopes } from './access.ts'

const [mostRules, mostWords] = [1000, 1000]
const keys = ['who', 'scopes', 'repositories']

/** Who may do what over the API of retention: `[{ who, scopes, repositories }]`. */
export const gcAccess: Kind<readonly GcAccessRule[]> = {
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

function readRule(value: unknown, place: string): GcAccessRule {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected who and scopes`)
  const other = Object.keys(value).find((key) => !keys.includes(key))
  if (other !== undefined)
    throw new BadValue(`${place}: there is no key ${shown(other)}: the keys are ${keys.join(', ')}`)
  const who = words(value['who'], `${place}: who`)
  for (const one of who) checkWho(one, place)
  const granted = words(value['scopes'], `${place}: scopes`).map((one) => scopeOf(one, place))
  if (value['repositories'] === undefined) return { who, scopes: granted }
  return { who, scopes: granted, repositories: repositoriesOf(value['repositories'], granted, place) }
}

function repositoriesOf(value: unknown, granted: readonly Scope[], place: string): readonly string[] {
  const whole = granted.find((scope) => !delegable.has(scope))
  if (whole !== undefined)
    throw new BadValue(`${place}: ${whole} is for all repositories: put it into a rule without repositories`)
  const patterns = words(value, `${place}: repositories`)
  for (const pattern of patterns) {
    const problem = problemOfPattern(pattern)
    if (problem !== undefined) throw new BadValue(`${place}: the pattern ${shown(pattern)} ${problem}`)
  }
  return patterns
}

function words(value: unknown, place: string): readonly string[] {
  if (value === undefined) throw new BadValue(`${place} is missing`)
  const found = texts.read(value)
  if (found.length === 0 || found.length > mostWords) throw new BadValue(`${place}: expected 1 to ${mostWords} words`)
  return [...new Set(found)]
}

function checkWho(one: string, place: string): void {
  if (one === 'anonymous' || one === 'authenticated') return
  if (/^(?:user|group):[^\p{Cc}:]{1,128}$/u.test(one)) return
  throw new BadValue(`${place}: ${shown(one)} is none of user:NAME, group:NAME, authenticated and anonymous`)
}

function scopeOf(one: string, place: string): Scope {
  if (isScope(one)) return one
  throw new BadValue(`${place}: ${shown(one)} is none of ${Object.keys(scopes).join(', ')}`)
}

function isScope(one: string): one is Scope {
  return Object.hasOwn(scopes, one)
}

function shown(one: string): string {
  return JSON.stringify(one.slice(0, 80))
}
