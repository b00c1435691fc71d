import type { JsonValue } from '../../../shared/base/json.ts'
import { problemOfPattern } from '../../../shared/base/repository-pattern.ts'
import { BadValue, choice, isPlainObject, type Kind, onlyInFile, text } from '../../../shared/config/kinds.ts'
import type { GateMode, GateRule } from '../../gate/types.ts'
import { inside, refuseOtherKeys } from './nested-values.ts'

const mostRules = 1000
const members = ['repositories', 'mode', 'require']
const modes: Kind<GateMode> = choice('off', 'report', 'enforce')

/** What must be signed to be pulled. What `require` says is checked by whoever knows of signatures. */
export const gateRules: Kind<readonly GateRule[]> = {
  name: 'list of {repositories, mode, require}',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of {repositories, mode, require}')
    if (value.length > mostRules) throw new BadValue(`has more than ${mostRules} rules`)
    return value.map((one: unknown, i) => readRule(one, `[${i}]`))
  },
  fromText: onlyInFile,
  show: (rules) => rules.map((rule) => ({ ...rule })),
}

/** A server of collections; nothing is none. */
export const trustServer: Kind<string> = {
  ...text,
  name: 'https URL',
  read(value) {
    const given = text.read(value).replace(/\/+$/, '')
    const url = URL.parse(given)
    if (given === '' || (url?.protocol === 'https:' && url.origin === given.toLowerCase())) return given
    throw new BadValue(`${JSON.stringify(given.slice(0, 80))} is not https://HOST or https://HOST:PORT`)
  },
}

function readRule(value: unknown, place: string): GateRule {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected {repositories, mode, require}`)
  refuseOtherKeys(value, members, place)
  const repositories = inside(`${place}.repositories`, () => text.read(value['repositories']))
  const problem = problemOfPattern(repositories)
  if (problem !== undefined) throw new BadValue(`${place}.repositories: ${JSON.stringify(repositories)} ${problem}`)
  const mode = inside(`${place}.mode`, () => modes.read(value['mode']))
  const { require } = value
  if (require === undefined && mode !== 'off')
    throw new BadValue(`${place}.require: is missing: say who must have signed`)
  return {
    repositories,
    mode,
    require: require === undefined ? null : inside(`${place}.require`, () => plain(require)),
  }
}

/** A value as JSON has it, which is what YAML makes of all that one writes in a configuration. */
function plain(value: unknown): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map(plain)
  if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
  throw new BadValue('expected texts, numbers, lists and maps')
}
