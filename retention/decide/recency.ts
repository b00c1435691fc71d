import type { ItemFacts } from '../facts.ts'
import type { Order } from '../policy/types.ts'
import type { Groups } from './fits.ts'
import { compareVersions, parseVersion, type Version } from './versions.ts'

/** What of a tag is compared to find the most recent ones. */
export interface Recency {
  readonly ordinal: number
  readonly name: string
  /** By which those are sorted that have no version, or no number. */
  readonly time: number
  readonly version: Version | undefined
  /** Decimal digits without leading zeros. */
  readonly number: string | undefined
}

/** `groups`: what the pattern of the set caught. */
export function recencyOf(item: ItemFacts, ordinal: number, by: Order, groups: Groups): Recency {
  return {
    ordinal,
    name: item.name,
    time: timeOf(item, by),
    version: by === 'semver' ? parseVersion(item.name) : undefined,
    number: typeof by === 'object' ? numberIn(groups, by.number) : undefined,
  }
}

/** Negative when `a` is the more recent one; of two that are the same the one whose name is later in byte order. */
export function byRecency(a: Recency, b: Recency): number {
  return compareMade(b, a) || compareNames(b.name, a.name)
}

function compareMade(a: Recency, b: Recency): number {
  if (a.version !== undefined && b.version !== undefined) return compareVersions(a.version, b.version)
  if (a.number !== undefined && b.number !== undefined) return compareNumbers(a.number, b.number)
  return rankOf(a) - rankOf(b) || a.time - b.time
}

function rankOf({ version, number }: Recency): number {
  return version === undefined && number === undefined ? 0 : 1
}

/** Of any length: build numbers that are times have more digits than a double. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareNames(a, b)
}

/** Names of tags and repositories are ASCII, where this is byte order. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function timeOf(item: ItemFacts, by: Order): number {
  if (by === 'pulled') return item.pulledAt ?? item.pushedAt
  if (by === 'created') return item.createdAt ?? item.pushedAt
  return item.pushedAt
}

function numberIn(groups: Groups, name: string): string | undefined {
  if (groups === undefined || !Object.hasOwn(groups, name)) return undefined
  const digits = groups[name]
  return digits !== undefined && isDigits(digits) ? withoutZeros(digits) : undefined
}

/** At least one, and nothing else. */
function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  return text !== ''
}

function withoutZeros(digits: string): string {
  let zeros = 0
  while (zeros < digits.length - 1 && digits.charCodeAt(zeros) === 0x30) zeros++
  return zeros === 0 ? digits : digits.slice(zeros)
}
