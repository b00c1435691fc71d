import { problemOfPattern } from '../../../shared/base/repository-pattern.ts'
import { BadValue, isPlainObject, type Kind, onlyInFile, texts } from '../../../shared/config/kinds.ts'
import { problemOfAccountName } from '../../access/account-name.ts'
import type { Groups } from '../../access/accounts.ts'
import type { AccessRule } from '../../access/rules.ts'
import type { Action } from '../../http/authorize.ts'
import { refuseOtherKeys } from './nested-values.ts'

const [mostRules, mostWords] = [1000, 1000]
const actions: readonly Action[] = ['pull', 'push', 'delete']

/** Names of accounts by the name of their group. */
export const groupMembers: Kind<Groups> = {
  name: 'map of groups to names of accounts',
  read(value) {
    if (!isPlainObject(value)) throw new BadValue('expected a map of groups to names of accounts')
    return Object.fromEntries(
      Object.entries(value).map(([group, members]) => {
        checkName(group, `the group ${JSON.stringify(group.slice(0, 80))}`)
        return [
          group,
          words(members, group, (name) => checkName(name, `${group}: ${JSON.stringify(name.slice(0, 80))}`)),
        ]
      }),
    )
  },
  fromText: onlyInFile,
  show: (value) => Object.fromEntries(Object.entries(value).map(([group, members]) => [group, [...members]])),
}

/** Who may do what where. */
export const accessRules: Kind<readonly AccessRule[]> = {
  name: 'list of rules',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of rules')
    if (value.length > mostRules) throw new BadValue(`has more than ${mostRules} rules`)
    return value.map((one: unknown, i) => readRule(one, `rule ${i + 1}`))
  },
  fromText: onlyInFile,
  show: (value) =>
    value.map(({ repositories, who, actions: granted }) => ({
      repositories: [...repositories],
      who: [...who],
      actions: [...granted],
    })),
}

/** What clients show; it goes between quotes into a header. */
export const realm: Kind<string> = {
  name: 'text',
  read(value) {
    if (typeof value === 'string' && /^[ !#-[\]-~]{1,100}$/.test(value)) return value
    throw new BadValue('expected up to 100 printable letters of ASCII, without quotes and backslashes')
  },
  fromText: (value) => value,
  show: (value) => value,
}

const ruleKeys = ['repositories', 'who', 'actions']

function readRule(value: unknown, place: string): AccessRule {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected repositories, who and actions`)
  refuseOtherKeys(value, ruleKeys, place)
  const read = (key: string, check: (word: string) => void): readonly string[] =>
    words(value[key], `${place}: ${key}`, check)
  return {
    repositories: read('repositories', (pattern) => {
      const problem = problemOfPattern(pattern)
      if (problem !== undefined)
        throw new BadValue(`${place}: the pattern ${JSON.stringify(pattern.slice(0, 80))} ${problem}`)
    }),
    who: read('who', (word) => checkWho(word, place)),
    actions: read('actions', (word) => checkAction(word, place)).filter(isAction),
  }
}

function words(value: unknown, place: string, check: (word: string) => void): readonly string[] {
  if (value === undefined) throw new BadValue(`${place} is missing`)
  const list = texts.read(value)
  if (list.length === 0 || list.length > mostWords) throw new BadValue(`${place}: expected 1 to ${mostWords} words`)
  for (const word of list) check(word)
  return [...new Set(list)]
}

function checkName(name: string, what: string): void {
  const problem = problemOfAccountName(name)
  if (problem !== undefined) throw new BadValue(`${what} ${problem}`)
}

function checkWho(word: string, place: string): void {
  if (word === 'anonymous' || word === 'authenticated') return
  const [, name] = /^(?:user|group):(.*)$/su.exec(word) ?? []
  const shown = JSON.stringify(word.slice(0, 80))
  if (name === undefined) {
    throw new BadValue(`${place}: ${shown} is none of user:NAME, group:NAME, authenticated and anonymous`)
  }
  checkName(name, `${place}: the name in ${shown}`)
}

function checkAction(word: string, place: string): void {
  if (isAction(word)) return
  throw new BadValue(`${place}: ${JSON.stringify(word.slice(0, 80))} is none of ${actions.join(', ')}`)
}

function isAction(word: string): word is Action {
  return actions.some((action) => action === word)
}
