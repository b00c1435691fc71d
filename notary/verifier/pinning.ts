import { createHash } from 'node:crypto'
import { certificateProblem, readCertificates, subjectText } from '../tuf/certificate.ts'
import type { Gun, KeyID, PublicKey, Root } from '../tuf/types.ts'
import type { Accepted } from './accept.ts'
import { authorityProblem } from './authority-chain.ts'
import type { Judge } from './judge.ts'
import type { Pinning } from './types.ts'

/** What the root of one collection is held against. */
export type PinRule =
  | { readonly kind: 'keys'; readonly ids: readonly string[] }
  | { readonly kind: 'authority'; readonly pem: string }
  | { readonly kind: 'firstUse' }
  | { readonly kind: 'none' }

/** The rule for a collection: keys before authorities before the first use; its own name before the longest beginning of it. */
export function pinRuleFor(gun: Gun, { keys, authorities, allowsFirstUse }: Pinning): PinRule {
  const ids = bestMatch(gun, keys)
  if (ids !== undefined) return { kind: 'keys', ids }
  const pem = bestMatch(gun, authorities)
  if (pem !== undefined) return { kind: 'authority', pem }
  return { kind: allowsFirstUse ? 'firstUse' : 'none' }
}

/** What is remembered of a rule that a collection was held against. */
export function anchorText(rule: PinRule): string {
  if (rule.kind === 'keys') return `keys ${rule.ids.toSorted().join(' ')}`
  if (rule.kind === 'authority') return `authority ${createHash('sha256').update(rule.pem).digest('hex')}`
  return rule.kind
}

/** True when a collection that was held against `anchor` need not be held against the rule again. */
export function isAnchored(anchor: string, rule: PinRule): boolean {
  return rule.kind === 'firstUse' || rule.kind === 'none' || anchor === anchorText(rule)
}

function bestMatch<T>(gun: Gun, table: ReadonlyMap<string, T>): T | undefined {
  const fitting = [...table.keys()].filter((pattern) =>
    pattern.endsWith('*') ? gun.startsWith(pattern.slice(0, -1)) : pattern === gun,
  )
  const exact = table.get(gun)
  const [longest] = fitting.toSorted((a, b) => b.length - a.length)
  return exact ?? (longest === undefined ? undefined : table.get(longest))
}

/**
 * Why a root, which is signed by its own keys, is not one that the rule believes; undefined when it is. By key: one of those pinned
 * signed it, whatever the dates of its certificate. By authority and at the first use: enough keys that signed it are in
 * certificates that are valid now, and by authority come from one of it.
 */
export function pinProblem({ metadata, signers }: Accepted<Root>, rule: PinRule, judge: Judge): string | undefined {
  if (rule.kind === 'none') return 'nothing is pinned for it, and the first contact is not to be believed'
  const signing = metadata.signed.roles.root.keyIDs
    .map((id) => metadata.signed.keys.get(id))
    .filter((key) => key?.type !== undefined && signers.has(key.canonicalID))
    .filter((key): key is PublicKey => key?.type !== undefined)
  if (rule.kind === 'keys') return keysProblem(signing, rule.ids)
  const problems = signing.map((key) => certificateFailure(key, rule, judge))
  const good = new Set(signing.filter((_, i) => problems[i] === undefined).map(({ canonicalID }) => canonicalID))
  if (good.size >= metadata.signed.roles.root.threshold) return undefined
  return problems.find((problem) => problem !== undefined) ?? 'too few keys signed it'
}

function keysProblem(signing: readonly PublicKey[], ids: readonly string[]): string | undefined {
  const pinned = new Set<string>(ids)
  if (signing.some(({ id, canonicalID }) => pinned.has(id) || pinned.has(canonicalID))) return undefined
  const found: KeyID[] = [...new Set(signing.map(({ canonicalID }) => canonicalID))]
  return `none of the keys that are pinned signed it, but ${found.join(', ')}`
}

function certificateFailure(key: PublicKey, rule: PinRule, { gun, now }: Judge): string | undefined {
  const [leaf, ...others] = readCertificates(key.bytes)
  const problem = certificateProblem(leaf, { gun, now })
  if (problem !== undefined || rule.kind !== 'authority') return problem
  return authorityProblem({ leaf, others, authorities: readCertificates(rule.pem), now })
}

/** For messages. */
export function describeRule(rule: PinRule): string {
  if (rule.kind === 'keys') return `signed by a key that is pinned (${rule.ids.length} are)`
  if (rule.kind === 'authority') {
    const names = readCertificates(rule.pem).map(subjectText)
    return `from the authority ${names.join('; ')}`
  }
  return 'believed at the first contact'
}
