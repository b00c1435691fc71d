import { suggest } from '../../shared/base/suggest.ts'
import { count, isPlainObject } from '../../shared/config/kinds.ts'
import { isKeyName, isRole } from '../signer-name.ts'
import { fieldsOf, ofKind, shown, someOf } from './guards.ts'
import { note, type Place, placeAt, type Read } from './place.ts'
import type { DeleteRule, KeepRule, Order } from './types.ts'
import { anyAge, line, someAge } from './values.ts'

const [mostCounted, mostNames, mostLabels] = [100_000, 100, 20]
const keepKinds = ['mostRecent', 'pulledWithin', 'pushedWithin', 'signedBy', 'label'] as const
const deleteKinds = ['olderThan', 'notPulledFor'] as const
const orders = ['pushed', 'pulled', 'created', 'semver'] as const

/** One of `keep`; `groups` are the names of the groups of the rule set, by whose numbers tags can be counted. */
export function readKeepRule(groups: readonly string[]): Read<KeepRule> {
  return (value, place) => {
    const { path } = place
    const rule = onlyMember(value, place, keepKinds)
    if (rule === undefined) return undefined
    const { kind } = rule
    switch (kind) {
      case 'mostRecent':
        return made(readMostRecent(groups)(rule.value, rule.place), (counted) => ({ kind, path, ...counted }))
      case 'pulledWithin':
      case 'pushedWithin':
        return made(someAge(rule.value, rule.place), (time) => ({ kind, path, time }))
      case 'signedBy':
        return made(readSigners(rule.value, rule.place), (anyOf) => ({ kind, path, anyOf }))
      case 'label':
        return made(readLabels(rule.value, rule.place), (labels) => ({ kind, path, labels }))
    }
  }
}

/** One of `delete`. */
export const readDeleteRule: Read<DeleteRule> = (value, place) => {
  const { path } = place
  const rule = onlyMember(value, place, deleteKinds)
  if (rule === undefined) return undefined
  const { kind } = rule
  if (kind === 'notPulledFor') return made(someAge(rule.value, rule.place), (time) => ({ kind, path, time }))
  if (!isPlainObject(rule.value)) {
    return note(rule.place, `expected a map such as { pushed: 90d }, found ${shown(rule.value)}`)
  }
  const by = onlyMember(rule.value, rule.place, ['pushed', 'pulled', 'created'])
  return by && made(anyAge(by.value, by.place), (time) => ({ kind, path, by: by.kind, time }))
}

function made<From, To>(value: From | undefined, make: (value: From) => To): To | undefined {
  return value === undefined ? undefined : make(value)
}

interface Member<Kind extends string> {
  readonly kind: Kind
  readonly value: unknown
  readonly place: Place
}

/** A map of one member: two in one would look as if both had to hold. */
function onlyMember<Kind extends string>(
  value: unknown,
  place: Place,
  kinds: readonly Kind[],
): Member<Kind> | undefined {
  if (!isPlainObject(value)) return note(place, `expected a map with one of ${kinds.join(', ')}, found ${shown(value)}`)
  const [key, ...more] = Object.keys(value)
  if (key === undefined) return note(place, `is empty: write one of ${kinds.join(', ')}`)
  if (more.length > 0) return note(place, `has ${[key, ...more].join(' and ')}: write each as an element of its own`)
  const kind = kinds.find((one) => one === key)
  if (kind === undefined) {
    const meant = suggest(key, kinds) ?? `one of ${kinds.join(', ')}`
    return note(placeAt(place, key), `there is no such key; did you mean ${meant}?`)
  }
  const at = placeAt(place, kind)
  return value[key] === null ? note(at, 'is empty') : { kind, value: value[key], place: at }
}

function readMostRecent(groups: readonly string[]): Read<{ readonly n: number; readonly by: Order }> {
  return (value, place) => {
    const fields = fieldsOf(value, place, ['n', 'by'])
    const n = fields?.need('n', ofKind(count, problemOfCount))
    const by = fields?.has('by') ? fields.get('by', readOrder(groups)) : 'pushed'
    return n === undefined || by === undefined ? undefined : { n, by }
  }
}

function problemOfCount(n: number): string | undefined {
  if (n === 0) return 'keeps nothing: write 1 or more'
  return n > mostCounted ? `is more than ${mostCounted}` : undefined
}

function readOrder(groups: readonly string[]): Read<Order> {
  return (value, place) => {
    const number = typeof value === 'string' ? /^number:(.{1,64})$/.exec(value)?.[1] : undefined
    if (number === undefined) return readWord(value, place)
    if (groups.includes(number)) return { number }
    const known = groups.length === 0 ? 'there is no such group' : `the groups are ${groups.join(', ')}`
    return note(place, `counts by the numbers of (?<${number}>...) in group, and ${known}`)
  }
}

const readWord: Read<Order> = (value, place) => {
  const word = orders.find((one) => one === value)
  if (word !== undefined) return word
  const meant = typeof value === 'string' ? suggest(value, orders) : undefined
  const question = meant === undefined ? '' : ` (did you mean ${meant}?)`
  return note(place, `expected one of ${orders.join(', ')} or number:GROUP, found ${shown(value)}${question}`)
}

const readSigner: Read<string> = (value, place) =>
  typeof value === 'string' && (isRole(value) || isKeyName(value))
    ? value
    : note(place, `expected a role, which is targets or targets/NAME, or the name of a key, found ${shown(value)}`)

const readSigners = someOf(readSigner, mostNames)

const readLabels: Read<readonly (readonly [string, string])[]> = (value, place) => {
  if (!isPlainObject(value)) return note(place, `expected a map of labels, found ${shown(value)}`)
  const entries = Object.entries(value)
  if (entries.length === 0) return note(place, 'has no label')
  if (entries.length > mostLabels) return note(place, `has more than ${mostLabels} labels`)
  const labels = entries.flatMap(([name, one]): (readonly [string, string])[] => {
    const at = placeAt(place, name)
    const text =
      name === '' || name.length > 256 ? note(at, 'is no name of a label: 1 to 256 characters') : readLabel(one, at)
    return text === undefined ? [] : [[name, text]]
  })
  return labels.length === entries.length ? labels : undefined
}

const readLabel: Read<string> = (value, place) => (value === '' ? '' : line(1000)(value, place))
