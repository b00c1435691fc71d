import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from './error.ts'

/** What a request wants the state to be before it changes it (RFC 9110, 13.1.1 and 13.1.2). */
export interface Precondition {
  readonly ifMatch?: EntityTags | undefined
  readonly ifNoneMatch?: EntityTags | undefined
}

/** Entity tags as they were listed, or any. */
export type EntityTags = '*' | readonly EntityTag[]

export interface EntityTag {
  readonly isWeak: boolean
  /** What stands between the quotes. */
  readonly opaque: string
}

/** Undefined when there is no condition. Errors: PRECONDITION_FAILED with status 400 for a header that breaks the grammar. */
export function parsePrecondition(headers: {
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
}): Precondition | undefined {
  const ifMatch = tagsIn('If-Match', headers['if-match'])
  const ifNoneMatch = tagsIn('If-None-Match', headers['if-none-match'])
  return ifMatch === undefined && ifNoneMatch === undefined ? undefined : { ifMatch, ifNoneMatch }
}

function tagsIn(name: string, header: string | undefined): EntityTags | undefined {
  if (header === undefined) return undefined
  const tags = parseEntityTags(header)
  if (tags !== undefined) return tags
  throw new RegistryError(
    'PRECONDITION_FAILED',
    `${name} must be * or entity tags in double quotes, such as "sha256:..."`,
    { status: 400 },
  )
}

const mostTags = 100
/** One member of a list, which may be empty (RFC 9110, 5.6.1 and 8.8.3), and what ends it. */
const member = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(,|$)/y

/** Undefined for a text that is neither `*` nor a list of entity tags. */
export function parseEntityTags(header: string): EntityTags | undefined {
  if (header.trim() === '*') return '*'
  const tags: EntityTag[] = []
  member.lastIndex = 0
  for (let members = 0; members < mostTags; members++) {
    const match = member.exec(header)
    if (match === null) return undefined
    const [, weak, opaque, end] = match
    if (opaque !== undefined) tags.push({ isWeak: weak !== undefined, opaque })
    if (end === '') return tags.length > 0 ? tags : undefined
  }
  return undefined
}

/**
 * The header whose condition does not hold where `current` is what there is now, undefined where there is nothing. Digests are
 * strong entity tags: If-Match compares strongly, so weak ones never match, If-None-Match weakly.
 */
export function failedCondition(
  { ifMatch, ifNoneMatch }: Precondition,
  current: Digest | undefined,
): 'If-Match' | 'If-None-Match' | undefined {
  if (ifMatch !== undefined && !names(ifMatch, current, true)) return 'If-Match'
  return ifNoneMatch !== undefined && names(ifNoneMatch, current, false) ? 'If-None-Match' : undefined
}

function names(tags: EntityTags, current: Digest | undefined, isStrong: boolean): boolean {
  if (current === undefined) return false
  return tags === '*' || tags.some(({ isWeak, opaque }) => opaque === current && !(isStrong && isWeak))
}
