import type { Matcher } from '../../policy/matcher.ts'
import { parseRegex } from '../../policy/regex.ts'
import type { DeleteRule, KeepRule, Policy, RuleSet } from '../../policy/types.ts'

export const day = 86_400_000

type Unplaced<T> = T extends unknown ? Omit<T, 'path'> : never

export type KeepParts = Unplaced<KeepRule>
export type DeleteParts = Unplaced<DeleteRule>

/** A rule set as it is written, patterns being regular expressions. */
export interface SetParts {
  readonly id?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly keepTags?: readonly string[]
  readonly deleteTags?: readonly string[]
  /** Patterns on `REPOSITORY:TAG`. */
  readonly keepImages?: readonly string[]
  readonly group?: string
  readonly keep?: readonly KeepParts[]
  readonly delete?: readonly DeleteParts[]
  readonly untagged?: { readonly olderThan: number; readonly unlessPulledWithin?: number }
}

/** A policy without limits, unless `parts` says some. */
export function policyOf(sets: readonly SetParts[], parts: Partial<Policy> = {}): Policy {
  return {
    version: 1,
    default: 'keep',
    mode: 'dryRun',
    schedule: undefined,
    trash: { keep: 7 * day, purgeOnDiskBelow: 0 },
    limits: noLimits,
    sets: sets.map(setOf),
    holds: [],
    immutable: [],
    mirror: [],
    triggers: [],
    volumes: undefined,
    cache: undefined,
    ...parts,
  }
}

export const noLimits = {
  maxTags: undefined,
  maxPercentPerRepo: undefined,
  maxBytes: undefined,
  minRemainingPerRepo: 0,
  planLife: 3_600_000,
}

function setOf(parts: SetParts, place: number): RuleSet {
  const path = `policies[${place}]`
  const { untagged } = parts
  return {
    id: parts.id ?? `set-${place}`,
    path,
    repositories: {
      include: patterns(parts.include, `${path}.repos.include`),
      exclude: patterns(parts.exclude, `${path}.repos.exclude`),
    },
    tags: {
      keep: patterns(parts.keepTags, `${path}.tags.keep`),
      delete: patterns(parts.deleteTags, `${path}.tags.delete`),
    },
    images: { keep: patterns(parts.keepImages, `${path}.images.keep`) },
    group: parts.group === undefined ? undefined : patternOf(parts.group, `${path}.group`),
    keep: (parts.keep ?? []).map((rule, i) => ({ ...rule, path: `${path}.keep[${i}]` })),
    delete: (parts.delete ?? []).map((rule, i) => ({ ...rule, path: `${path}.delete[${i}]` })),
    untagged: untagged === undefined ? undefined : { unlessPulledWithin: undefined, ...untagged },
  }
}

export function patternOf(text: string, path: string): Matcher {
  const matcher = compiled.get(text) ?? parseRegex(text, path)
  compiled.set(text, matcher)
  return { ...matcher, path }
}

const compiled = new Map<string, Matcher>()

function patterns(texts: readonly string[] = [], path: string): readonly Matcher[] {
  return texts.map((text, i) => patternOf(text, `${path}[${i}]`))
}
