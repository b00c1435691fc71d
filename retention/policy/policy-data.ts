import type { JsonObject, JsonValue } from '../../shared/base/json.ts'
import { age, size } from '../../shared/config/kinds.ts'
import type { Matcher } from './matcher.ts'
import type { DeleteRule, Hold, KeepRule, Limits, Order, Policy, RuleSet, Schedule } from './types.ts'
import { percent } from './values.ts'

type Members = Readonly<Record<string, JsonValue | undefined>>

/**
 * A policy as one would write it, with all that it does not say itself: for programs, and to compare two of them. Read as JSON it is the
 * same policy again.
 */
export function policyData(policy: Policy): JsonObject {
  const { holds, immutable, mirror, triggers, volumes, cache } = policy
  return present({
    version: policy.version,
    default: policy.default,
    mode: policy.mode,
    schedule: policy.schedule && scheduleData(policy.schedule),
    trash: { keep: time(policy.trash.keep), purgeOnDiskBelow: share(policy.trash.purgeOnDiskBelow) },
    limits: limitsData(policy.limits),
    policies: policy.sets.map(setData),
    holds: holds.map(holdData),
    immutable: immutable.map(({ repositories, tags }) => ({
      repos: repositories.text,
      tags: tags.text,
      syntax: tags.syntax,
    })),
    mirror: mirror.map(({ image, to, every }) => present({ image, to, everyMinutes: every / minute })),
    triggers: triggers.map(({ diskFreeBelow, run, order }) => ({
      when: `diskFree < ${share(diskFreeBelow)}`,
      run,
      order,
    })),
    volumes: volumes && { ...patternsData({ keep: volumes.keep }), olderThan: time(volumes.olderThan) },
    cache: cache && { notUsedFor: time(cache.notUsedFor) },
  })
}

const minute = 60_000

function present(members: Members): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function time(milliseconds: number): JsonValue {
  return milliseconds === 0 ? 0 : String(age.show(milliseconds))
}

function share(of: number): string {
  return String(percent.show(of))
}

function scheduleData(schedule: Schedule): JsonObject {
  const jitter = time(schedule.jitter)
  if (schedule.kind === 'every') return { everyMinutes: schedule.every / minute, jitter }
  const { cron, timezone, window } = schedule
  return present({ cron, timezone, window: window === undefined ? undefined : time(window), jitter })
}

function limitsData(limits: Limits): JsonObject {
  const { maxTags, maxPercentPerRepo, maxBytes, minRemainingPerRepo, planLife } = limits
  return {
    maxTags: maxTags ?? 'none',
    maxPercentPerRepo: maxPercentPerRepo === undefined ? 'none' : share(maxPercentPerRepo),
    maxBytes: maxBytes === undefined ? 'none' : bytes(maxBytes),
    minRemainingPerRepo,
    planTtl: time(planLife),
  }
}

function bytes(count: number): JsonValue {
  const shown = size.show(count)
  return typeof shown === 'number' ? shown : String(shown)
}

function setData(set: RuleSet): JsonObject {
  const { untagged, images, group } = set
  return present({
    id: set.id,
    repos: patternsData({ include: set.repositories.include, exclude: set.repositories.exclude }),
    tags: patternsData({ keep: set.tags.keep, delete: set.tags.delete }),
    images: images.keep.length === 0 ? undefined : { keep: images.keep.map(({ text }) => text) },
    group: group?.text,
    keep: set.keep.map(keepData),
    delete: set.delete.map(deleteData),
    untagged:
      untagged &&
      present({ olderThan: time(untagged.olderThan), unlessPulledWithin: maybe(untagged.unlessPulledWithin) }),
  })
}

function maybe(milliseconds: number | undefined): JsonValue | undefined {
  return milliseconds === undefined ? undefined : time(milliseconds)
}

/** Lists of one block, which has one syntax; those without an element are left out. */
function patternsData(lists: Readonly<Record<string, readonly Matcher[]>>): JsonObject {
  const all = Object.values(lists).flat()
  const texts = Object.entries(lists).map(([name, list]) => [name, list.map(({ text }) => text)] as const)
  const written = Object.fromEntries(texts.filter(([, list]) => list.length > 0))
  return { ...written, syntax: all[0]?.syntax ?? 'regex' }
}

function keepData(rule: KeepRule): JsonObject {
  switch (rule.kind) {
    case 'mostRecent':
      return { mostRecent: { n: rule.n, by: orderText(rule.by) } }
    case 'pulledWithin':
    case 'pushedWithin':
      return { [rule.kind]: time(rule.time) }
    case 'signedBy':
      return { signedBy: rule.anyOf }
    case 'label':
      return { label: Object.fromEntries(rule.labels) }
  }
}

function orderText(order: Order): string {
  return typeof order === 'string' ? order : `number:${order.number}`
}

function deleteData(rule: DeleteRule): JsonObject {
  return rule.kind === 'notPulledFor'
    ? { notPulledFor: time(rule.time) }
    : { olderThan: { [rule.by]: time(rule.time) } }
}

function holdData({ repository, digest, tag, reason, until }: Hold): JsonObject {
  const end = until === undefined ? undefined : new Date(until).toISOString().replace('.000Z', 'Z')
  return present({ repo: repository, digest, tag, reason, until: end })
}
