import type { Root } from '../tuf/types.ts'
import type { Accepted } from './accept.ts'
import type { CollectionFiles } from './files.ts'
import type { Judge } from './judge.ts'
import { limits } from './limits.ts'
import { anchorText, describeRule, isAnchored, type PinRule, pinProblem } from './pinning.ts'
import { firstRoot, nextRoot, rememberedRoot, requireVersion } from './root.ts'

/** A root that is trusted, and what it was held against. */
export interface Anchored {
  readonly root: Accepted<Root>
  readonly anchor: string
}

export interface ChainPlace {
  readonly files: CollectionFiles
  readonly rule: PinRule
  readonly judge: Judge
}

const role = 'root'

/**
 * The first root of a collection that was never seen: the newest, if it is one to be believed; else one before it that is, from
 * which a chain leads to the newest. Errors: TRUST_NO_DATA, TRUST_PIN, and those of roots.
 */
export async function meetRoot(place: ChainPlace): Promise<Anchored> {
  const { files, rule, judge } = place
  const bytes = await files.find('root.json', role, limits.root)
  if (bytes === undefined)
    throw judge.refusal('TRUST_NO_DATA', { role, step: 'fetch' }, 'the trust server has no collection of this name')
  const root = firstRoot(bytes, judge)
  const problem = pinProblem(root, rule, judge)
  if (problem !== undefined) return { root: await climbTo(root, problem, place), anchor: anchorText(rule) }
  judge.pass(role, 'pinning', describeRule(rule))
  return { root, anchor: anchorText(rule) }
}

/**
 * The root that is remembered. When something else is pinned now than at the first contact, the root or one that a chain leads from
 * must be believed under that, too. Errors: TRUST_CACHE_INVALID, TRUST_PIN.
 */
export async function rememberRoot(
  { root: bytes, anchor }: { readonly root: Uint8Array; readonly anchor: string },
  place: ChainPlace,
): Promise<Anchored> {
  const { rule, judge } = place
  const root = rememberedRoot(bytes, judge)
  if (isAnchored(anchor, rule)) return { root, anchor }
  const problem = pinProblem(root, rule, judge)
  if (problem !== undefined) await climbTo(root, problem, place)
  else judge.pass(role, 'pinning', describeRule(rule))
  return { root, anchor: anchorText(rule) }
}

/** Follows the chain of roots from the first one to `root`, and finds one in it that the rule believes. */
async function climbTo(
  root: Accepted<Root>,
  problem: string,
  { files, rule, judge }: ChainPlace,
): Promise<Accepted<Root>> {
  const { version } = root.metadata.signed
  const refuse = (): Error =>
    judge.refusal('TRUST_PIN', { role, step: 'pinning' }, `version ${version} is not one to be believed: ${problem}`)
  if (version > limits.roots || rule.kind === 'firstUse' || rule.kind === 'none') throw refuse()
  let isBelieved = false
  let current: Accepted<Root> | undefined
  for (let number = 1; number <= version; number++) {
    const bytes = await files.find(`${number}.root.json`, role, limits.root)
    if (bytes === undefined) throw refuse()
    current = current === undefined ? firstRoot(bytes, judge) : nextRoot(current, bytes, judge)
    if (number === 1) requireVersion(current.metadata, 1, judge)
    isBelieved ||= pinProblem(current, rule, judge) === undefined
  }
  const isSame = current?.metadata.canonical.equals(root.metadata.canonical) === true
  if (!isBelieved || !isSame) throw refuse()
  judge.pass(role, 'pinning', `by a version before it: ${describeRule(rule)}`)
  return root
}

/**
 * Follows the chain of roots to the newest, one version after the other (TUF 1.0, 5.3). Each that is trusted is told to `onRoot`.
 * Errors: those of roots; TRUST_TOO_LARGE for very many at once.
 */
export async function followRoots(
  start: Accepted<Root>,
  { files, judge }: ChainPlace,
  onRoot: (root: Accepted<Root>) => void,
): Promise<Accepted<Root>> {
  let root = start
  for (let hops = 0; ; hops++) {
    const bytes = await files.find(`${root.metadata.signed.version + 1}.root.json`, role, limits.root)
    if (bytes === undefined) return root
    if (hops === limits.roots) {
      const problem = `there are more than ${limits.roots} versions after the one that was trusted`
      throw judge.refusal('TRUST_TOO_LARGE', { role, step: 'fetch' }, problem)
    }
    root = nextRoot(root, bytes, judge)
    onRoot(root)
  }
}
