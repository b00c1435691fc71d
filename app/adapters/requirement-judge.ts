import type { SignatureReader } from '../../notary/cosign/types.ts'
import { collectionEvidence } from '../../notary/policy/collection-evidence.ts'
import { partsOf } from '../../notary/policy/evaluate.ts'
import { judge } from '../../notary/policy/judge.ts'
import type { PolicyFiles } from '../../notary/policy/policy-keys.ts'
import type {
  Evidence,
  NotaryEvidence,
  NotaryRequirement,
  Reason,
  Requirement,
  Subject,
} from '../../notary/policy/types.ts'
import type { NotaryService } from '../../notary/service/types.ts'
import { isGun } from '../../notary/tuf/gun.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { refreshCollection } from '../../notary/verifier/refresh.ts'
import type { MetadataSource, TrustCache } from '../../notary/verifier/types.ts'
import type { GunNames } from '../../registry/access/gun-names.ts'
import type { Judge, Judgement, SignedContent } from '../../registry/gate/types.ts'
import type { RepositoryName } from '../../registry/protocol/names.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { cosignEvidence, findForEach } from './cosign-evidence.ts'
import { type HeldCollection, HeldCollections } from './held-collections.ts'
import { notarySource } from './notary-source.ts'
import { pinningOf } from './trusted-collections.ts'

export interface GateAccess {
  /** Of which collections repositories are; those in force. */
  readonly names: () => GunNames
  /** That in this process, if one runs here. */
  readonly notary: Pick<NotaryService, 'file' | 'watch'> | undefined
  /** The server of collections for which a requirement names none; undefined: the notary in this process. */
  readonly usual: string | undefined
  /** Collections of a trust server elsewhere. */
  readonly server: (url: string) => MetadataSource
  /** What lies beside the images of a repository here. */
  readonly signatures: (name: RepositoryName) => SignatureReader
  /** What is remembered of collections of trust servers elsewhere, and of those here. */
  readonly cache: (url: string | undefined) => TrustCache
  readonly files: PolicyFiles
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Milliseconds for which what a trust server elsewhere said is taken to be so. */
const refreshEvery = 30_000
/** Milliseconds that a client waits for that. */
const deadline = 10_000
/** Milliseconds for which signatures beside an image are taken to be there, once they were found. */
const besideLife = 60_000

/** Holds content against one requirement of a policy. `changesOf` gives another text after each change of a collection here. */
export class RequirementJudge implements Judge {
  readonly #requirement: Requirement
  readonly #access: GateAccess
  readonly #held: ReadonlyMap<NotaryRequirement, HeldCollections>

  constructor(requirement: Requirement, access: GateAccess, changesOf: (gun: Gun) => string) {
    this.#requirement = requirement
    this.#access = access
    const parts = partsOf(requirement).filter((part) => part.kind === 'notary')
    this.#held = new Map(parts.map((part) => [part, heldFor(part, access, changesOf)]))
  }

  peekVersion(name: RepositoryName): string | undefined {
    let text = ''
    for (const gun of this.#guns(name)) {
      for (const held of this.#held.values()) {
        const version = held.peekVersion(gun)
        if (version === undefined) return undefined
        text += `${version} `
      }
    }
    return text
  }

  async version(name: RepositoryName): Promise<string> {
    let text = ''
    for (const gun of this.#guns(name)) for (const held of this.#held.values()) text += `${await held.version(gun)} `
    return text
  }

  async judge(name: RepositoryName, content: SignedContent): Promise<Judgement> {
    const byCollections = await this.#judge(name, content, () => undefined)
    const parts = partsOf(this.#requirement).filter((part) => part.kind === 'cosign')
    if (byCollections.isSigned || parts.length === 0) return byCollections
    const reader = this.#access.signatures(name)
    const { digest } = content
    const beside = await findForEach(parts, async (part) => cosignEvidence(part, { reader, digest }))
    const judgement = await this.#judge(name, content, beside)
    if (!judgement.isSigned) return judgement
    return { isSigned: true, until: Math.min(judgement.until, this.#access.now() + besideLife) }
  }

  async #judge(name: RepositoryName, content: SignedContent, cosign: Evidence['cosign']): Promise<Judgement> {
    const { now } = this.#access
    const refusals: Reason[] = []
    for (const gun of this.#guns(name)) {
      const subject = { ...content, name: { domain: gun.slice(0, gun.indexOf('/')), path: name } }
      const looks = await this.#look(gun)
      const evidence = (part: NotaryRequirement): NotaryEvidence | undefined =>
        evidenceOf(looks.get(part), subject, part)
      const verdict = judge(this.#requirement, subject, { notary: evidence, cosign, now: now() })
      if (verdict.isAccepted) return { isSigned: true, until: endOf(looks) }
      refusals.push(...verdict.reasons.slice(0, 1))
    }
    return { isSigned: false, reason: mostTelling(refusals) }
  }

  /** With its host a long name may be longer than that of any collection. */
  #guns(name: RepositoryName): readonly Gun[] {
    return this.#access.names().gunsOf(name).filter(isGun)
  }

  async #look(gun: Gun): Promise<Looks> {
    const looks = new Map<NotaryRequirement, HeldCollection>()
    for (const [part, held] of this.#held) looks.set(part, await held.get(gun))
    return looks
  }
}

type Looks = ReadonlyMap<NotaryRequirement, HeldCollection>

/** What is here is looked at after each change, what is elsewhere every now and then. */
function heldFor(part: NotaryRequirement, access: GateAccess, changesOf: (gun: Gun) => string): HeldCollections {
  const { root, unreachable, maxAge } = part
  const { notary, now } = access
  const server = part.server ?? access.usual
  const source = server === undefined && notary !== undefined ? notarySource(notary) : access.server(server ?? '')
  const cache = access.cache(server)
  const look = (gun: Gun): ReturnType<typeof refreshCollection> =>
    refreshCollection(gun, { source, cache, pinning: pinningOf(gun, root), unreachable, maxAge, deadline, now })
  const isHere = server === undefined
  const moment = isHere ? changesOf : (): string => String(Math.floor(now() / refreshEvery))
  return new HeldCollections({ look, moment, holdsFailures: !isHere }, now)
}

function evidenceOf(
  held: HeldCollection | undefined,
  { tag, digest }: Subject,
  part: NotaryRequirement,
): NotaryEvidence | undefined {
  if (held === undefined || held.failure !== undefined) return held
  // Of a digest nothing is looked for in all of a collection: its index is here.
  const named = collectionEvidence(held.collection, { tag, digest: undefined }, part)
  const others = digest === undefined ? [] : (held.byHash.get(hexOf(digest)) ?? []).filter(({ name }) => name !== tag)
  return { ...named, targets: [...named.targets, ...others] }
}

/** When the first of what was looked at is over, or too old for its requirement; milliseconds since the epoch. */
function endOf(looks: Looks): number {
  const ends = [...looks].map(([{ maxAge = Number.POSITIVE_INFINITY }, held]) => {
    if (held.failure !== undefined) return Number.POSITIVE_INFINITY
    const { isFresh, confirmedAt } = held.collection
    return isFresh ? held.expires : Math.min(held.expires, confirmedAt + maxAge)
  })
  return Math.min(...ends)
}

/** That there is no collection under one of several names says little where there is one under another. */
function mostTelling(refusals: readonly Reason[]): string {
  const { text = 'nobody can have signed it', hint } =
    refusals.find(({ code }) => code !== 'TRUST_NO_DATA') ?? refusals[0] ?? {}
  return hint === undefined ? text : `${text}. ${hint}`
}
