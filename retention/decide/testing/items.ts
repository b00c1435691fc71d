import type { Guard, ItemFacts, ItemKind, RepositoryFacts } from '../../facts.ts'
import type { Inventory } from '../../ports.ts'
import { type DecideOptions, decide } from '../decide.ts'
import type { Counts, Decision } from '../types.ts'
import { day } from './policies.ts'

export const now = Date.UTC(2026, 0, 1)

/** Times are days before {@link now}. */
export interface ItemParts {
  readonly pushed?: number
  readonly pulled?: number
  readonly created?: number
  readonly digest?: string
  readonly size?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly signedBy?: readonly string[]
  readonly signersUnknown?: string
  readonly guards?: readonly Guard['kind'][]
}

export const repository = 'team/app'

export function itemOf(kind: ItemKind, name: string, parts: ItemParts = {}, within = repository): ItemFacts {
  const { pushed = 100, pulled, created, digest = `sha256:${name}`, size = 100, labels, guards = [] } = parts
  const { signedBy, signersUnknown } = parts
  return {
    kind,
    repository: within,
    name,
    digest,
    size,
    pushedAt: daysAgo(pushed),
    pulledAt: pulled === undefined ? undefined : daysAgo(pulled),
    createdAt: created === undefined ? undefined : daysAgo(created),
    labels,
    signedBy,
    signersUnknown,
    guards: guards.map((guard) => ({ kind: guard, about: `a guard of the kind ${guard}` })),
  }
}

export const tag = (name: string, parts: ItemParts = {}, within = repository): ItemFacts =>
  itemOf('tag', name, parts, within)

export const daysAgo = (days: number): number => now - days * day

/** A repository of a test, and what is in it. */
export interface Shelf extends RepositoryFacts {
  readonly items: readonly ItemFacts[]
}

/** Pulls are known for ten years, unless `known` says for how many days. */
export function shelf(items: readonly ItemFacts[], name = repository, known = 3650): Shelf {
  return { repository: name, pullsKnownSince: daysAgo(known), items }
}

type Readable = Pick<Inventory, 'repositories' | 'items'>

/** `onRead` is told each time that a repository is read. */
export function inventoryOf(
  shelves: readonly Shelf[],
  pageSize = 1000,
  onRead: (repository: string) => void = () => undefined,
): Readable {
  return {
    async *repositories() {
      yield* shelves
    },
    async *items(name) {
      onRead(name)
      const { items = [] } = shelves.find((one) => one.repository === name) ?? {}
      for (let i = 0; i < items.length; i += pageSize) yield items.slice(i, i + pageSize)
    },
  }
}

export interface Decided {
  readonly decisions: readonly Decision[]
  readonly counts: Counts
}

export async function decided(inventory: Readable, options: Omit<DecideOptions, 'now'>): Promise<Decided> {
  const all = decide(inventory, { now, ...options })
  const decisions: Decision[] = []
  for await (const page of all) decisions.push(...page)
  return { decisions, counts: all.counts() }
}

/** `REASON place`, or the reason alone, of each item by its name. */
export function inShort(decisions: readonly Decision[]): Record<string, string> {
  return Object.fromEntries(
    decisions.map(({ item, reason, rule }) => [item.name, rule === undefined ? reason : `${reason} ${rule}`]),
  )
}

/** `REPOSITORY:NAME` of what goes, sorted. */
export function goingIn(decisions: readonly Decision[]): string[] {
  return decisions
    .filter(({ verdict }) => verdict === 'delete')
    .map(({ item }) => `${item.repository}:${item.name}`)
    .toSorted()
}
