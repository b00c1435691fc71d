import { choice } from '../../shared/config/kinds.ts'
import { type Fields, fieldsOf, listOf, ofKind, someOf } from './guards.ts'
import type { Matcher, Syntax } from './matcher.ts'
import { patternOf, syntaxWord } from './patterns.ts'
import { note, type Place, type Read } from './place.ts'
import { readGroup } from './read-group.ts'
import { readDeleteRule, readKeepRule } from './read-rules.ts'
import type { Policy, RuleSet, Selection } from './types.ts'
import { anyAge, someAge } from './values.ts'

const [mostPatterns, mostRules] = [200, 50]
const keys = ['id', 'repos', 'tags', 'images', 'group', 'keep', 'delete', 'untagged', 'referrers']

/** One of `policies`. */
export function readSet(otherwise: Policy['default']): Read<RuleSet> {
  return (value, place) => {
    const fields = fieldsOf(value, place, keys)
    if (fields === undefined) return undefined
    const id = fields.need('id', readID)
    const group = fields.get('group', readGroup)
    fields.get('referrers', ofKind(choice('followSubject')))
    const set: RuleSet = {
      id: id ?? '',
      path: place.path,
      repositories: fields.get('repos', readSelection) ?? { include: [], exclude: [] },
      tags: fields.get('tags', readTags) ?? { keep: [], delete: [] },
      images: fields.get('images', readImages) ?? { keep: [] },
      group: group?.matcher,
      keep: fields.get('keep', listOf(readKeepRule(group?.names ?? []), mostRules)) ?? [],
      delete: fields.get('delete', listOf(readDeleteRule, mostRules)) ?? [],
      untagged: fields.get('untagged', readUntagged),
    }
    if (otherwise === 'delete') noteIfNothingIsKept(set, place)
    return id === undefined ? undefined : set
  }
}

const readID: Read<string> = (value, place) =>
  typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,63}$/.test(value)
    ? value
    : note(place, `expected a name of letters, digits, dots and hyphens, found ${JSON.stringify(value)?.slice(0, 80)}`)

const readSelection: Read<Selection> = (value, place) => {
  const fields = fieldsOf(value, place, ['include', 'exclude', 'syntax'])
  if (fields === undefined) return undefined
  const pattern = patternOf(syntaxOf(fields))
  return {
    include: fields.get('include', someOf(pattern, mostPatterns)) ?? [],
    exclude: fields.get('exclude', listOf(pattern, mostPatterns)) ?? [],
  }
}

const readTags: Read<RuleSet['tags']> = (value, place) => {
  const fields = fieldsOf(value, place, ['keep', 'delete', 'syntax'])
  if (fields === undefined) return undefined
  const list = listOf(patternOf(syntaxOf(fields)), mostPatterns)
  return { keep: fields.get('keep', list) ?? [], delete: fields.get('delete', list) ?? [] }
}

const readImages: Read<{ readonly keep: readonly Matcher[] }> = (value, place) => {
  const keep = fieldsOf(value, place, ['keep'])?.need('keep', listOf(patternOf('regex'), mostPatterns))
  return keep === undefined ? undefined : { keep }
}

function syntaxOf(fields: Fields): Syntax {
  return fields.get('syntax', syntaxWord) ?? 'regex'
}

const readUntagged: Read<NonNullable<RuleSet['untagged']>> = (value, place) => {
  const fields = fieldsOf(value, place, ['olderThan', 'unlessPulledWithin'])
  if (fields === undefined) return undefined
  const olderThan = fields.need('olderThan', anyAge)
  const unlessPulledWithin = fields.get('unlessPulledWithin', someAge)
  return olderThan === undefined ? undefined : { olderThan, unlessPulledWithin }
}

/** An empty list would mean that all goes, which is what a list that was lost looks like. One whose patterns are wrong is not empty. */
function noteIfNothingIsKept({ tags, images, keep }: RuleSet, { path, findings }: Place): void {
  const isEmpty = tags.keep.length + images.keep.length + keep.length === 0
  const isWrong = findings.problems.some((problem) => problem.path.startsWith(`${path}.`))
  if (isEmpty && !isWrong)
    note({ path, findings }, 'keeps nothing, and default is delete: all would go. Write tags.keep or keep')
}
