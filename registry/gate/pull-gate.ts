import { parsePattern } from '../../shared/base/name-pattern.ts'
import { Recent } from '../../shared/base/recent.ts'
import type { GateAnswer, GatedPull, PullGate } from '../http/pull-gate.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { type Bounds, noReferrer, Reach, type ReachParts } from './reach.ts'
import type { GateTally } from './tally.ts'
import type { GateMode, GateRule, Judge, Judgement, Signatures } from './types.ts'
import { Verdicts } from './verdicts.ts'

export interface GateParts extends Omit<ReachParts, 'verdicts'> {
  readonly signatures: Signatures
  readonly tally: GateTally
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Rule {
  readonly mode: GateMode
  readonly judge: Judge
}

/** Repositories of which is remembered which rule is theirs. */
const mostNames = 10_000

/** A gate by these rules; undefined when none of them looks at anything. Errors: those of {@link Signatures.judgeFor}. */
export function createPullGate(rules: readonly GateRule[], parts: GateParts): PullGate | undefined {
  const compiled = rules.map(({ mode, require }, i): Rule | undefined =>
    mode === 'off' ? undefined : { mode, judge: parts.signatures.judgeFor(require, `trust.pulls[${i}].require`) },
  )
  if (compiled.every((rule) => rule === undefined)) return undefined
  const patterns = rules.map(({ repositories }) => parsePattern(repositories))
  const known = new Recent<RepositoryName, { readonly rule: Rule | undefined }>(mostNames)
  const ruleFor = (name: RepositoryName): Rule | undefined => {
    const found = known.get(name)
    if (found !== undefined) return found.rule
    const rule = compiled[patterns.findIndex((pattern) => pattern.matches(name))]
    known.set(name, { rule })
    return rule
  }
  const gate = new Gate(parts)
  return {
    looksAt: (name) => ruleFor(name) !== undefined,
    isStrict: (name) => ruleFor(name)?.mode === 'enforce',
    decide(pull) {
      const rule = ruleFor(pull.name)
      return rule === undefined ? 'allowed' : gate.decide(rule, pull)
    },
    exempted: () => parts.tally.count('exempt'),
  }
}

class Gate {
  readonly #parts: ReachParts & GateParts

  constructor(parts: GateParts) {
    this.#parts = { ...parts, verdicts: new Verdicts(parts.now) }
  }

  decide(rule: Rule, pull: GatedPull): GateAnswer | Promise<GateAnswer> {
    const { verdicts, tally } = this.#parts
    const { name } = pull
    const version = rule.judge.peekVersion(name)
    const isKnown =
      version !== undefined && verdicts.find(rule.judge, { name, what: textOf(pull), version }) !== undefined
    if (!isKnown) return this.#decideAnew(rule, pull)
    tally.count('allowed')
    return 'allowed'
  }

  async #decideAnew(rule: Rule, pull: GatedPull): Promise<GateAnswer> {
    const judgement = await this.#judgement(rule, pull)
    const { tally } = this.#parts
    if (judgement.isSigned) {
      tally.count('allowed')
      return 'allowed'
    }
    const kind = rule.mode === 'enforce' ? 'refused' : 'reported'
    tally.count(kind)
    tally.tell(kind, pull, judgement.reason)
    return { kind, reason: judgement.reason }
  }

  async #judgement({ judge }: Rule, pull: GatedPull): Promise<Judgement> {
    const { verdicts, tally } = this.#parts
    const { name } = pull
    try {
      // Nobody is asked for collections of repositories that there are not: anybody can make up names.
      if (pull.kind === 'blob' && !(await isReferredTo(pull, this.#parts))) return noReferrer
      const bounds: Bounds = { judge, name, version: await judge.version(name) }
      const reach = new Reach(this.#parts, bounds)
      const judgement = await (pull.kind === 'blob' ? reach.blob(pull.digest) : reach.manifest(wantedOf(pull), pull))
      if (judgement.isSigned) verdicts.allow(judge, { ...bounds, what: textOf(pull) }, judgement.until)
      return judgement
    } catch (error) {
      tally.failed(error)
      return { isSigned: false, reason: 'who signed this cannot be found out: the registry has an error of its own' }
    }
  }
}

async function isReferredTo({ name, digest }: GatedPull, { kin }: Pick<ReachParts, 'kin'>): Promise<boolean> {
  for await (const _ of kin.users(name, digest)) return true
  return false
}

function wantedOf({ digest, tag, bytes }: Extract<GatedPull, { kind: 'manifest' }>) {
  return { digest, tag, size: bytes.byteLength }
}

function textOf(pull: GatedPull): string {
  if (pull.kind === 'blob') return `pull blob ${pull.digest}`
  return `pull manifest ${pull.digest} ${pull.tag ?? ''}`
}
