import type { ItemFacts, ItemName, RepositoryFacts } from '../facts.ts'
import type { Inventory } from '../ports.ts'
import { Chains, type Ruling } from './chains.ts'
import type { Claim } from './claims.ts'
import { claimsAbout } from './claims-about.ts'
import { type DecideOptions, decide } from './decide.ts'
import { allGuards, guardsOf } from './guards.ts'
import { type Ranks, ranksOf } from './ranks.ts'
import { speakingSets, speaksOf } from './rule-sets.ts'
import { hasRunLimits } from './run-limits.ts'
import type { Decision, Explained, Spoken } from './types.ts'
import { wantsOf } from './wants.ts'

type Readable = Pick<Inventory, 'repositories' | 'items'>

/**
 * Why one item stays or goes, as {@link decide} decides of it among all others. Undefined when it is not there. Reads the repository of the item, and
 * only where limits of a run may matter all others. Errors: those of the inventory.
 */
export async function explainItem(
  inventory: Readable,
  options: DecideOptions,
  name: ItemName,
): Promise<Explained | undefined> {
  const facts = await repositoryOf(inventory, name.repository)
  if (facts === undefined) return undefined
  const decision = await decisionOf(inventory, facts, options, name)
  if (decision === undefined) return undefined
  const { item } = decision
  const sets = speakingSets(options.policy, facts.repository, options.only)
  const ranks = await ranksOf(item, sets, inventory.items(facts.repository, wantsOf(options.policy, facts.repository)))
  const claims = claimsAbout(item, options, facts, ranks)
  return {
    decision,
    rules: [
      ...guardLines(item, options),
      ...claims.map((claim) => lineOf(item, claim)),
      ...lastLines(decision, options),
    ],
    changesAt: isByLimit(decision) ? undefined : changesAt(item, options, facts, ranks, claims),
  }
}

async function repositoryOf(inventory: Readable, name: string): Promise<RepositoryFacts | undefined> {
  for await (const facts of inventory.repositories()) if (facts.repository === name) return facts
  return undefined
}

/** What stays by a rule stays whatever goes elsewhere; what would go may have to wait for others. */
async function decisionOf(
  inventory: Readable,
  facts: RepositoryFacts,
  options: DecideOptions,
  name: ItemName,
): Promise<Decision | undefined> {
  const limits = { ...options.policy.limits, maxTags: undefined, maxBytes: undefined }
  const alone = {
    items: inventory.items.bind(inventory),
    async *repositories() {
      yield facts
    },
  }
  const decision = await findDecision(alone, { ...options, policy: { ...options.policy, limits } }, name)
  const isByRule = decision?.verdict === 'keep' && !isByLimit(decision)
  if (isByRule || !hasRunLimits(options.policy.limits)) return decision
  return findDecision(inventory, options, name)
}

async function findDecision(
  inventory: Readable,
  options: DecideOptions,
  name: ItemName,
): Promise<Decision | undefined> {
  for await (const page of decide(inventory, options)) {
    const found = page.find(({ item }) => isThat(item, name))
    if (found !== undefined) return found
  }
  return undefined
}

function isThat(item: ItemName, { kind, repository, name }: ItemName): boolean {
  return item.kind === kind && item.repository === repository && item.name === name
}

function guardLines(item: ItemFacts, { policy, now }: Ruling): Spoken[] {
  const guards = allGuards(item, guardsOf(policy, item.repository, now))
  return guards.map(({ rule = 'source', about }) => ({ rule, holds: true, about }))
}

function lineOf(item: ItemFacts, claim: Claim): Spoken {
  const doubt = claim.lacksData(item) ? '; too little is known to say' : ''
  return { rule: claim.rule, holds: claim.holds(item), about: claim.about(item) + doubt }
}

/** Sets that do not speak of it, and what decided besides rules. */
function lastLines({ item, rule, reason, about }: Decision, { policy }: Ruling): Spoken[] {
  const silent = policy.sets.filter(({ repositories }) => !speaksOf(repositories, item.repository))
  const isBelowRules = isByLimit({ reason }) || reason === 'DEFAULT_KEEP' || reason === 'DEFAULT_DELETE'
  return [
    ...silent.map(({ path, id }) => ({
      rule: `${path}.repos`,
      holds: false,
      about: `${id} is about other repositories`,
    })),
    ...(isBelowRules ? [{ rule: rule ?? 'default', holds: true, about }] : []),
  ]
}

function isByLimit({ reason }: Pick<Decision, 'reason'>): boolean {
  return reason === 'MIN_REMAINING' || reason === 'CAP_REACHED'
}

/** The first time at which rules decide otherwise, if nobody pushes, pulls or holds anything. */
function changesAt(
  item: ItemFacts,
  ruling: Ruling,
  facts: RepositoryFacts,
  ranks: Ranks,
  claims: readonly Claim[],
): number | undefined {
  const ends = ruling.policy.holds.filter(({ repository }) => repository === item.repository).map(({ until }) => until)
  const times = [...ends, ...claims.map((claim) => claim.turnsAt(item))].filter((time) => time !== undefined)
  const verdictAt = (now: number): string => ruleVerdict(item, new Chains({ ...ruling, now }, facts), ranks)
  const verdict = verdictAt(ruling.now)
  return times
    .filter((time) => time > ruling.now)
    .toSorted((a, b) => a - b)
    .find((time) => verdictAt(time) !== verdict)
}

function ruleVerdict(item: ItemFacts, chains: Chains, ranks: Ranks): string {
  const kept = chains.counting.filter(({ rule }) => (ranks.get(rule.path) ?? Infinity) <= rule.n)
  const places = item.kind === 'tag' ? kept.map(({ place }) => place) : []
  return chains.stepAt(item, Math.min(chains.placeOf(item), ...places)).verdict
}
