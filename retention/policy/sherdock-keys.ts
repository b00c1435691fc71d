import { isDeepStrictEqual } from 'node:util'
import { isPlainObject } from '../../shared/config/kinds.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'
import type { PolicyProblem } from './problem.ts'
import { importSherdock } from './sherdock.ts'
import type { OtherKeys } from './sherdock-policy.ts'

/** The configuration of Sherdock, by its own names. */
export interface SherdockKeys {
  readonly GCIntervalMinutes: number
  readonly PullIntervalMinutes: number
  readonly ImagesToPull: readonly string[]
  readonly ImagesToNotGC: readonly string[]
}

/** What Sherdock did where nobody had configured it, and what a policy does that nobody wrote. */
const keepsAll: SherdockKeys = {
  GCIntervalMinutes: 5,
  PullIntervalMinutes: 60,
  ImagesToPull: [],
  ImagesToNotGC: ['.*'],
}

/** Keys of a policy that those of Sherdock become. */
const own: ReadonlySet<string> = new Set(['version', 'default', 'schedule', 'policies', 'mirror'])

/** The four keys of a policy as an import made it, whatever its other keys say. Undefined for one that says more than they can. */
export function sherdockKeysOf(text: string): SherdockKeys | undefined {
  const policy = objectIn(text)
  if (isEmpty(policy)) return keepsAll
  const keys = keysIn(policy)
  if (keys === undefined) return undefined
  const again = importSherdock(JSON.stringify(keys), othersIn(policy))
  return 'text' in again && isDeepStrictEqual(objectIn(again.text), policy) ? keys : undefined
}

/**
 * The policy in force with other keys of Sherdock; what else it says stays. Undefined where it says more than those can. Keys that are
 * missing are as Sherdock took them.
 */
export function withSherdockKeys(
  text: string,
  keys: Readonly<Partial<SherdockKeys>>,
): { readonly text: string } | { readonly problems: readonly PolicyProblem[] } | undefined {
  if (sherdockKeysOf(text) === undefined) return undefined
  const policy = objectIn(text)
  const made = importSherdock(JSON.stringify(keys), isEmpty(policy) ? undefined : othersIn(policy))
  if ('text' in made) return made
  return { problems: made.problems.map(({ path, message }) => ({ path, message })) }
}

/** As the lines have them, which an import is to confirm. */
function keysIn({ schedule, policies, mirror = [] }: OtherKeys): SherdockKeys | undefined {
  const [set] = listIn(policies)
  const jobs = listIn(mirror)
  const patterns = listIn(at(at(set, 'images'), 'keep')).map(innerPattern)
  const pull = jobs.map((job) => at(job, 'image')).filter((image) => typeof image === 'string')
  const minutes = at(schedule, 'everyMinutes')
  const pullMinutes = jobs.length === 0 ? keepsAll.PullIntervalMinutes : at(jobs[0], 'everyMinutes')
  const isWhole = typeof minutes === 'number' && typeof pullMinutes === 'number' && !patterns.includes(undefined)
  if (!isWhole || pull.length !== jobs.length) return undefined
  return {
    GCIntervalMinutes: minutes,
    PullIntervalMinutes: pullMinutes,
    ImagesToPull: pull,
    ImagesToNotGC: patterns.slice(0, patterns.length - pull.length).flatMap((pattern) => pattern ?? []),
  }
}

/** What an import put its own around. */
function innerPattern(pattern: unknown): string | undefined {
  return typeof pattern === 'string' ? /^\.\*\(\?:(.*)\)\.\*$/s.exec(pattern)?.[1] : undefined
}

function othersIn(policy: OtherKeys): OtherKeys {
  return Object.fromEntries(Object.entries(policy).filter(([key]) => !own.has(key)))
}

function isEmpty(policy: OtherKeys): boolean {
  return isDeepStrictEqual(policy, { version: 1 })
}

function objectIn(text: string): OtherKeys {
  const parsed = parseYaml(text)
  return 'value' in parsed && isPlainObject(parsed.value) ? parsed.value : {}
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function at(value: unknown, key: string): unknown {
  return isPlainObject(value) ? value[key] : undefined
}
