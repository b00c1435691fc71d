import fc from 'fast-check'
import type { ItemFacts } from '../../facts.ts'
import type { Limits } from '../../policy/types.ts'
import { itemOf, type Shelf, shelf } from './items.ts'
import { type DeleteParts, day, type KeepParts, noLimits, type SetParts } from './policies.ts'

const names = ['latest', 'main', 'v1.0.0', '1.10.0', '2.0.0-rc.1', 'v2', ...numbered('pr'), ...numbered('main')]
const patterns = fc.constantFrom('.*', 'pr-.*', 'main.*', 'v?\\d+\\..*', '.*-[13579]', 'latest', 'none')
const repositories = fc.constantFrom('team/.*', 'team/a', '.*b', 'other')
const times = fc.integer({ min: 0, max: 12 }).map((days) => days * day)
const small = fc.integer({ min: 0, max: 12 })

function numbered(branch: string): string[] {
  return Array.from({ length: 8 }, (_, i) => `${branch}-${i}`)
}

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined })
}

export const keepParts: fc.Arbitrary<KeepParts> = fc.oneof(
  fc.record({
    kind: fc.constant('mostRecent' as const),
    n: fc.integer({ min: 0, max: 4 }),
    by: fc.oneof(
      fc.constantFrom('pushed', 'pulled', 'created', 'semver'),
      fc.record({ number: fc.constantFrom('build', 'x') }),
    ),
  }),
  fc.record({ kind: fc.constantFrom('pulledWithin', 'pushedWithin'), time: times }),
  fc.constant<KeepParts>({ kind: 'signedBy', anyOf: ['ops'] }),
  fc.constant<KeepParts>({ kind: 'label', labels: [['keep', 'yes']] }),
)

const deleteParts: fc.Arbitrary<DeleteParts> = fc.oneof(
  fc.record({
    kind: fc.constant('olderThan' as const),
    by: fc.constantFrom('pushed' as const, 'pulled' as const, 'created' as const),
    time: times,
  }),
  fc.record({ kind: fc.constant('notPulledFor' as const), time: times }),
)

export const setParts: fc.Arbitrary<SetParts> = fc
  .record({
    include: fc.array(repositories, { maxLength: 2 }),
    exclude: fc.array(repositories, { maxLength: 1 }),
    keepTags: fc.array(patterns, { maxLength: 1 }),
    keepImages: fc.array(fc.constantFrom('team/a:.*', '.*:latest'), { maxLength: 1 }),
    deleteTags: fc.array(patterns, { maxLength: 2 }),
    group: maybe(fc.constantFrom('(?<branch>.+)-(?<build>\\d+)', '(?<branch>.+)-.*', 'main.*')),
    keep: fc.array(keepParts, { maxLength: 2 }),
    delete: fc.array(deleteParts, { maxLength: 2 }),
    untagged: maybe(fc.record({ olderThan: times, unlessPulledWithin: maybe(times) })),
  })
  .map(({ group, untagged, ...rest }) => ({
    ...rest,
    ...(group === undefined ? {} : { group }),
    ...(untagged === undefined ? {} : { untagged: withoutUndefined(untagged) }),
  }))

function withoutUndefined({
  olderThan,
  unlessPulledWithin,
}: {
  readonly olderThan: number
  readonly unlessPulledWithin: number | undefined
}): NonNullable<SetParts['untagged']> {
  return unlessPulledWithin === undefined ? { olderThan } : { olderThan, unlessPulledWithin }
}

export const limitParts: fc.Arbitrary<Limits> = fc
  .record({
    maxTags: maybe(small),
    maxPercentPerRepo: maybe(fc.integer({ min: 0, max: 100 })),
    maxBytes: maybe(fc.integer({ min: 0, max: 900 })),
    minRemainingPerRepo: fc.integer({ min: 0, max: 6 }),
  })
  .map((parts) => ({ ...noLimits, ...parts }))

function itemIn(repository: string): fc.Arbitrary<ItemFacts> {
  const parts = fc.record(
    {
      pushed: small,
      pulled: small,
      created: small,
      digest: fc.constantFrom('sha256:x', 'sha256:y', 'sha256:z'),
      size: fc.constantFrom(0, 1, 100, 500),
      labels: fc.constantFrom({ keep: 'yes' }, { keep: 'no' }),
      signedBy: fc.constantFrom(['ops'], ['dev']),
    },
    { requiredKeys: ['pushed'] },
  )
  const guards = fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    fc.constantFrom('hold', 'in-use').map((kind) => [kind] as const),
  )
  const tag = fc.constantFrom(...names).map((name) => ['tag', name] as const)
  const untagged = fc.constantFrom('sha256:u', 'sha256:v').map((name) => ['untagged', name] as const)
  return fc.tuple(fc.oneof({ weight: 9, arbitrary: tag }, untagged), parts, guards).map(([[kind, name], rest, own]) => {
    const item = itemOf(kind, name, { ...rest, guards: [...own] }, repository)
    return { ...item, size: sizes[item.digest] ?? item.size }
  })
}

/** What has one digest has one size. */
const sizes: Readonly<Record<string, number>> = { 'sha256:x': 100, 'sha256:y': 300, 'sha256:z': 0 }

/** Three repositories with items in no order. */
export const shelves: fc.Arbitrary<readonly Shelf[]> = fc.tuple(...['team/a', 'team/b', 'x/ab'].map(shelfOf))

function shelfOf(name: string): fc.Arbitrary<Shelf> {
  const items = fc.uniqueArray(itemIn(name), { maxLength: 20, selector: (item) => item.name })
  return fc.tuple(items, small).map(([all, known]) => shelf(all, name, known))
}
