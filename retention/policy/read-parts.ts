import { parseReference } from '../../shared/base/reference.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { choice } from '../../shared/config/kinds.ts'
import { fieldsOf, listOf, ofKind, shown, someOf } from './guards.ts'
import { imageName } from './image-name.ts'
import { patternOf, syntaxWord } from './patterns.ts'
import { note, type Read } from './place.ts'
import type { CacheRule, Hold, ImmutableRule, MirrorJob, Trigger, VolumeRule } from './types.ts'
import { anyAge, digest, everyMinutes, line, moment, percent, repository, tag } from './values.ts'

const [mostPatterns, mostSets] = [200, 100]
const hourly = 3_600_000

export const readHold: Read<Hold> = (value, place) => {
  const fields = fieldsOf(value, place, ['repo', 'digest', 'tag', 'reason', 'until'])
  if (fields === undefined) return undefined
  const repo = fields.need('repo', repository)
  const reason = fields.need('reason', line(256))
  const rest = { digest: fields.get('digest', digest), tag: fields.get('tag', tag), until: fields.get('until', moment) }
  if (repo === undefined || reason === undefined) return undefined
  return { path: place.path, repository: repo, reason, ...rest }
}

export const readImmutable: Read<ImmutableRule> = (value, place) => {
  const fields = fieldsOf(value, place, ['repos', 'tags', 'syntax'])
  if (fields === undefined) return undefined
  const pattern = patternOf(fields.get('syntax', syntaxWord) ?? 'regex')
  const [repositories, tags] = [fields.need('repos', pattern), fields.need('tags', pattern)]
  return repositories && tags && { path: place.path, repositories, tags }
}

/** What a digest means never changes. */
const taggedName: Read<string> = (value, place) => {
  const image = imageName(value, place)
  if (image === undefined) return undefined
  const { tag, digest } = parseReference(image)
  return digest === undefined || tag !== undefined
    ? image
    : note(place, 'has a digest alone, which never means anything new: write a tag')
}

export const readMirror: Read<MirrorJob> = (value, place) => {
  const fields = fieldsOf(value, place, ['image', 'to', 'everyMinutes'])
  if (fields === undefined) return undefined
  const image = fields.need('image', taggedName)
  const to = fields.get('to', repository)
  const every = fields.get('everyMinutes', everyMinutes) ?? hourly
  return image === undefined ? undefined : { path: place.path, image, to, every }
}

/** `ids` are those of the rule sets. */
export function readTrigger(ids: readonly string[]): Read<Trigger> {
  return (value, place) => {
    const fields = fieldsOf(value, place, ['when', 'run', 'order'])
    if (fields === undefined) return undefined
    const diskFreeBelow = fields.need('when', readWhen)
    const one = knownID(ids)
    const run = fields.need('run', (ids, at) =>
      Array.isArray(ids) ? someOf(one, mostSets)(ids, at) : wrapped(one(ids, at)),
    )
    const order = fields.get('order', ofKind(choice('leastRecentlyPulled', 'oldest'))) ?? 'leastRecentlyPulled'
    return diskFreeBelow === undefined || run === undefined
      ? undefined
      : { path: place.path, diskFreeBelow, run, order }
  }
}

function wrapped(id: string | undefined): readonly string[] | undefined {
  return id === undefined ? undefined : [id]
}

const readWhen: Read<number> = (value, place) => {
  const [, free] = /^diskFree\s*<\s*(\S+)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (free === undefined) return note(place, `expected a condition such as diskFree < 10%, found ${shown(value)}`)
  return ofKind(percent)(free, place)
}

function knownID(ids: readonly string[]): Read<string> {
  return (value, place) => {
    if (typeof value !== 'string') return note(place, `expected the id of a rule set, found ${shown(value)}`)
    if (ids.includes(value)) return value
    const meant = suggest(value, ids)
    return note(
      place,
      `there is no rule set with id ${JSON.stringify(value.slice(0, 80))}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    )
  }
}

export const readVolumes: Read<VolumeRule> = (value, place) => {
  const fields = fieldsOf(value, place, ['keep', 'olderThan', 'syntax'])
  if (fields === undefined) return undefined
  const pattern = patternOf(fields.get('syntax', syntaxWord) ?? 'regex')
  const keep = fields.get('keep', listOf(pattern, mostPatterns)) ?? []
  const olderThan = fields.need('olderThan', anyAge)
  return olderThan === undefined ? undefined : { keep, olderThan }
}

export const readCache: Read<CacheRule> = (value, place) => {
  const notUsedFor = fieldsOf(value, place, ['notUsedFor'])?.need('notUsedFor', anyAge)
  return notUsedFor === undefined ? undefined : { notUsedFor }
}
