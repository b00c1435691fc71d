import type { ExecutionContext } from 'ava'
import type { Digest } from '../../../shared/base/digest.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'
import type { Authorize, Grant } from '../../http/authorize.ts'
import { serve } from '../../http/testing/served.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import type { RegistryService } from '../../service/types.ts'
import { kinIn } from '../kin.ts'
import { createPullGate } from '../pull-gate.ts'
import { GateTally } from '../tally.ts'
import type { GateCounts, GateMode, GateRule, Judge, Signatures } from '../types.ts'

/** Signatures that a test gives, and how often they were asked for. */
export class GivenSignatures implements Signatures, Judge {
  /** Digest by tag. */
  readonly #signed = new Map<string, Digest>()
  #version = 0
  /** What a judgement fails with. */
  failure: Error | undefined
  until: number = Number.POSITIVE_INFINITY
  asked = 0
  /** How often somebody waited to learn which signatures there are. */
  looks = 0

  sign(tag: string, digest: Digest): void {
    this.#signed.set(tag, digest)
    this.#version++
  }

  revoke(tag: string): void {
    this.#signed.delete(tag)
    this.#version++
  }

  readonly judgeFor = (): Judge => this
  readonly peekVersion = (): string => String(this.#version)
  readonly version = async (): Promise<string> => {
    this.looks++
    return this.peekVersion()
  }

  readonly judge: Judge['judge'] = (_name, { digest, tag }) => {
    this.asked++
    if (this.failure !== undefined) throw this.failure
    const isSigned = tag === undefined ? [...this.#signed.values()].includes(digest) : this.#signed.get(tag) === digest
    return isSigned ? { isSigned, until: this.until } : { isSigned, reason: `${tag ?? digest} is not signed` }
  }
}

export interface Gated {
  readonly service: RegistryService
  readonly signatures: GivenSignatures
  readonly counts: () => GateCounts
  /** What operators were told. */
  readonly told: readonly string[]
  /** As somebody who may only pull, unless `as` says `publisher`. */
  readonly get: (path: string, as?: 'publisher' | 'puller', method?: 'GET' | 'HEAD') => Promise<Answered>
  /** POST as somebody who pushes to `mine` alone. */
  readonly post: (path: string) => Promise<Answered>
}

export const day = 86_400_000

/** A registry whose repositories `app` and below are looked at in this way. */
export async function gated(t: ExecutionContext, mode: GateMode, now = Date.now): Promise<Gated> {
  const { service, metadata } = await memoryRegistry()
  const signatures = new GivenSignatures()
  const told: string[] = []
  const tell = (message: string, about: object = {}): void => void told.push(`${message} ${JSON.stringify(about)}`)
  const tally = new GateTally({ info: tell, error: tell })
  const rules: readonly GateRule[] = [{ repositories: 'app{,/**}', mode, require: null }]
  const gate = createPullGate(rules, { kin: kinIn(metadata), manifests: service.manifests, signatures, tally, now })
  const served = await serve(t, { service, authorize: byHeader, gate: () => gate })
  return {
    service,
    signatures,
    told,
    counts: () => tally.counts,
    get: (path, as = 'puller', method = 'GET') => served.ask(method, path, { headers: { authorization: as } }),
    post: (path) => served.ask('POST', path, { headers: { authorization: 'mine' } }),
  }
}

const byHeader: Authorize = ({ headers }): Grant => ({
  mayPull: () => true,
  publishes: (name) => headers.authorization === 'publisher' || headers.authorization === String(name),
})
