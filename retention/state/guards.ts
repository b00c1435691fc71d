import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  optional,
  recordOf,
  required,
} from '../../shared/base/json.ts'
import type { Reason } from '../decide/types.ts'
import { type ItemName, sources } from '../facts.ts'
import type { Plan, PolicyVersion, Run, Totals, TrashEntry } from '../run/types.ts'
import type { Failure, MirrorState, Purging, ScheduleState, StoredItem, StoredRun, TrashTotal } from './types.ts'

/** A guard for one of some words. */
function oneOf<Word extends string>(...words: readonly Word[]): JsonGuard<Word> {
  return (value, place) => words.find((word) => word === value) ?? failAt(place, `expected one of ${words.join(', ')}`)
}

/** A guard for objects: gets the members. */
function objectOf<T>(read: (members: Members) => T): JsonGuard<T> {
  return (value, place) => read(new Members(asObject(value, place), place))
}

class Members {
  readonly #object: JsonObject
  readonly #place: JsonPlace

  constructor(object: JsonObject, place: JsonPlace) {
    this.#object = object
    this.#place = place
  }

  get<T>(key: string, guard: JsonGuard<T>): T {
    return required(this.#object, key, this.#place, guard)
  }

  maybe<T>(key: string, guard: JsonGuard<T>): T | undefined {
    return optional(this.#object, key, this.#place, guard)
  }

  text(key: string): string {
    return this.get(key, asString)
  }

  integer(key: string): number {
    return this.get(key, asInteger)
  }
}

const asKind = oneOf('tag', 'untagged', 'volume', 'cache')
const asSource = oneOf(...sources)
const asMode = oneOf('dryRun', 'propose', 'enforce')

const asReason: JsonGuard<Reason> = oneOf<Reason>(
  ...(['HOLD', 'IMMUTABLE', 'IN_USE', 'SIGNED_TARGET', 'KEEP_REGEX', 'KEEP_TOP_N'] as const),
  ...(['KEEP_RECENT_PULL', 'KEEP_RECENT_PUSH', 'KEEP_SIGNED', 'KEEP_LABEL', 'MIN_REMAINING'] as const),
  ...(['CAP_REACHED', 'NO_DATA', 'DEFAULT_KEEP', 'DELETE_REGEX', 'DELETE_AGE', 'DELETE_UNPULLED'] as const),
  ...(['DELETE_UNTAGGED', 'DELETE_UNUSED', 'DEFAULT_DELETE'] as const),
)

const nameIn = (from: Members): ItemName => ({
  kind: from.get('kind', asKind),
  repository: from.text('repository'),
  name: from.text('name'),
})

export const asPolicyRow: JsonGuard<Omit<PolicyVersion, 'version'>> = objectOf((from) => ({
  hash: from.text('hash'),
  at: from.integer('at'),
  by: from.text('by'),
  restores: from.maybe('restores', asInteger),
  text: from.text('text'),
}))

const asTotals: JsonGuard<Totals> = objectOf((from) => ({
  considered: from.integer('considered'),
  kept: from.integer('kept'),
  deleted: from.integer('deleted'),
  bytes: from.integer('bytes'),
  freed: from.integer('freed'),
  shared: from.integer('shared'),
  sharedWith: from.maybe('sharedWith', arrayOf(asString)) ?? [],
  measured: from.integer('measured'),
  reasons: from.get('reasons', recordOf(asInteger)),
  milliseconds: from.integer('milliseconds'),
}))

export const asPlan: JsonGuard<Plan> = objectOf((from) => ({
  id: from.text('id'),
  source: from.get('source', asSource),
  policyVersion: from.integer('policyVersion'),
  fingerprint: from.text('fingerprint'),
  revision: from.text('revision'),
  at: from.integer('at'),
  by: from.text('by'),
  cause: from.text('cause'),
  only: from.maybe('only', arrayOf(asString)),
  expiresAt: from.integer('expiresAt'),
  state: from.get('state', oneOf('waiting', 'applying', 'applied', 'expired', 'dropped')),
  runId: from.maybe('runId', asString),
  totals: from.get('totals', asTotals),
}))

export const asItem: JsonGuard<StoredItem> = objectOf((from) => ({
  ...nameIn(from),
  number: from.integer('number'),
  digest: from.text('digest'),
  size: from.integer('size'),
  reason: from.get('reason', asReason),
  rule: from.maybe('rule', asString),
  about: from.text('about'),
  pushedAt: from.integer('pushedAt'),
  pulledAt: from.maybe('pulledAt', asInteger),
  signedBy: from.get('signedBy', arrayOf(asString)),
}))

const asRunFailure: JsonGuard<Run['failures'][number]> = objectOf((from) => ({
  item: from.maybe('item', objectOf(nameIn)),
  message: from.text('message'),
}))

export const asRun: JsonGuard<StoredRun> = objectOf((from) => ({
  id: from.text('id'),
  planId: from.text('planId'),
  startedAt: from.integer('startedAt'),
  milliseconds: from.integer('milliseconds'),
  by: from.text('by'),
  cause: from.text('cause'),
  mode: from.get('mode', asMode),
  state: from.get('state', oneOf('planned', 'running', 'done', 'failed', 'stopped')),
  considered: from.maybe('considered', asInteger) ?? 0,
  kept: from.maybe('kept', asInteger) ?? 0,
  removed: from.integer('removed'),
  drifted: from.integer('drifted'),
  gone: from.integer('gone'),
  failed: from.integer('failed'),
  restored: from.integer('restored'),
  purged: from.integer('purged'),
  freed: from.integer('freed'),
  failures: from.get('failures', arrayOf(asRunFailure, 1000)),
  after: from.maybe('after', asString),
}))

export const asTrashEntry: JsonGuard<TrashEntry> = objectOf((from) => ({
  id: from.text('id'),
  runId: from.text('runId'),
  ...nameIn(from),
  digest: from.text('digest'),
  size: from.integer('size'),
  reason: from.get('reason', asReason),
  at: from.integer('at'),
  purgeAt: from.integer('purgeAt'),
  state: from.get('state', oneOf('removing', 'trashed')),
}))

export const asTrashTotal: JsonGuard<TrashTotal> = objectOf((from) => ({
  entries: from.integer('entries'),
  bytes: from.integer('bytes'),
}))

export const asFailure: JsonGuard<Failure> = objectOf((from) => ({
  tries: from.integer('tries'),
  nextAt: from.integer('nextAt'),
  message: from.text('message'),
}))

export const asPurging: JsonGuard<Purging> = objectOf((from) => ({
  repository: from.text('repository'),
  digest: from.text('digest'),
  bytes: from.integer('bytes'),
}))

export const asScheduleState: JsonGuard<ScheduleState> = objectOf((from) => ({
  schedule: from.maybe('schedule', asString),
  handledAt: from.maybe('handledAt', asInteger),
  lastAt: from.maybe('lastAt', asInteger),
  nextAt: from.maybe('nextAt', asInteger),
  failures: from.integer('failures'),
  triggers: from.get('triggers', recordOf(asInteger)),
}))

export const asMirrorState: JsonGuard<MirrorState> = objectOf((from) => ({
  image: from.text('image'),
  lastAt: from.maybe('lastAt', asInteger),
  nextAt: from.maybe('nextAt', asInteger),
  digest: from.maybe('digest', asString),
  error: from.maybe('error', asString),
  failures: from.integer('failures'),
}))

export const asEnding = oneOf('restored', 'purged')
