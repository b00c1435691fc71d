import type { Digest } from '../../shared/base/digest.ts'
import { arrayOf, asBoolean, asInteger, asObject, asString, optional, required } from '../../shared/base/json.ts'
import { asDigest } from '../../shared/oci/descriptor.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { asTrue, settingRows } from './rows.ts'

/** Stands for every digest of a repository, where nobody knows what a manifest refers to. */
export const anyDigest = '*'

/** What a manifest refers to within its repository, each once. What may be either is in both. */
export interface ReferencesRow {
  readonly blobs: readonly Digest[]
  readonly manifests: readonly Digest[]
  /** True for one whose bytes could not be read: it may refer to anything. */
  readonly isUnread?: boolean
}

/** A look at a digest in a repository that is to come. */
export interface ReviewRow {
  /** A text that is another one each time the row is written. */
  readonly change: string
  /** How often it failed. */
  readonly tries?: number
  /** Where a look that took several changes goes on. */
  readonly after?: string
  /** Since when what is looked at was of no use, where that is known; milliseconds since the epoch. */
  readonly since?: number
  /** True when it is to go as soon as nothing keeps it, however long such ones are kept otherwise, and what it alone keeps with it. */
  readonly isPurge?: boolean
}

/** Since when nothing refers to a manifest, as far as anybody looked. */
export interface LooseRow {
  readonly at: number
}

const longestReferences = 2 * 20_000

/** `use NAME DIGEST MANIFEST`: the manifest refers to the digest; {@link anyDigest} in its place for any. */
export const useRows: RowKind<[name: string, digest: Digest | typeof anyDigest, manifest: Digest], true> = rowKind(
  'use',
  asTrue,
)
/** `refers NAME MANIFEST`: the same the other way round, in one row. */
export const refersRows: RowKind<[name: string, manifest: Digest], ReferencesRow> = rowKind(
  'refers',
  (value, place) => {
    const object = asObject(value, place)
    const digests = arrayOf(asDigest, longestReferences)
    return {
      blobs: required(object, 'blobs', place, digests),
      manifests: required(object, 'manifests', place, digests),
      ...definedMembers({ isUnread: optional(object, 'isUnread', place, asBoolean) }),
    }
  },
)
/** `review AT NAME DIGEST`: AT is when what may have freed it happened, {@link timePart}. */
export const reviewRows: RowKind<[at: string, name: string, digest: Digest], ReviewRow> = rowKind(
  'review',
  (value, place) => {
    const object = asObject(value, place)
    return {
      change: required(object, 'change', place, asString),
      ...definedMembers({
        tries: optional(object, 'tries', place, asInteger),
        after: optional(object, 'after', place, asString),
        since: optional(object, 'since', place, asInteger),
        isPurge: optional(object, 'isPurge', place, asBoolean),
      }),
    }
  },
)
/** `loose NAME DIGEST` */
export const looseRows: RowKind<[name: string, digest: Digest], LooseRow> = rowKind('loose', (value, place) => ({
  at: required(asObject(value, place), 'at', place, asInteger),
}))

/**
 * How far it is written down what manifests refer to, and what nothing refers to was looked for; in the settings. Nothing is
 * removed before it is `done`. `held`: rows were lost, so that what seems of no use may not be; a check of the registry that puts
 * it in order begins anew, with `isWhole` also for manifests of which something is written down.
 */
export interface GcState {
  readonly pass: 'manifests' | 'links' | 'done' | 'held'
  readonly after?: string
  readonly isWhole?: boolean
}

export const gcStateKey: string = settingRows.key('gc-state')

/** The state of a registry; that of one of which nothing is written down is the first. STORE_INVALID. */
export function readGcState(value: string | undefined): GcState {
  if (value === undefined) return { pass: 'manifests' }
  const place = { code: 'STORE_INVALID', path: gcStateKey } as const
  const object = asObject(settingRows.parse(gcStateKey, value), place)
  const pass = required(object, 'pass', place, asString)
  return {
    pass: pass === 'done' || pass === 'links' || pass === 'held' ? pass : 'manifests',
    ...definedMembers({
      after: optional(object, 'after', place, asString),
      isWhole: optional(object, 'isWhole', place, asBoolean),
    }),
  }
}

export function gcStateRow(state: GcState): Row {
  return settingRows.row(['gc-state'], { ...state })
}

/** Milliseconds since the epoch as they stand in keys, so that they sort by time. */
export function timePart(at: number): string {
  return String(Math.max(0, Math.floor(at))).padStart(15, '0')
}
