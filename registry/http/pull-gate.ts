import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Grant } from './authorize.ts'
import type { Reply } from './reply.ts'

/** Content that a client asks for. */
export type GatedPull =
  | {
      readonly kind: 'manifest'
      readonly name: RepositoryName
      readonly digest: Digest
      readonly mediaType: string
      readonly bytes: Uint8Array
      /** By which it was asked for; undefined for its digest. */
      readonly tag: string | undefined
    }
  | { readonly kind: 'blob'; readonly name: RepositoryName; readonly digest: Digest }

/** `refused` is answered with 403; `reported` is let through, with a warning. */
export type GateAnswer = 'allowed' | { readonly kind: 'refused' | 'reported'; readonly reason: string }

/** Lets through what is signed as is required for its repository. */
export interface PullGate {
  /** True where it looks at pulls from the repository; asked with each of them. */
  looksAt(name: RepositoryName): boolean
  /** True where it refuses what is not signed. */
  isStrict(name: RepositoryName): boolean
  /** At once where the answer is known. */
  decide(pull: GatedPull): GateAnswer | Promise<GateAnswer>
  /** Is told that somebody who may push was let through unlooked at. */
  exempted(name: RepositoryName): void
}

/** Of the request that asks for something. */
interface Gated {
  readonly gate: PullGate | undefined
  readonly grant: Grant
}

/**
 * Gives the reply if the gate lets the pull through. Errors: DENIED with the reason. Who may push is not looked at: who signs has to
 * read what is not signed yet.
 */
export function throughGate(
  { gate, grant }: Gated,
  pull: GatedPull,
  reply: () => Reply | Promise<Reply>,
): Reply | Promise<Reply> {
  if (gate === undefined || !gate.looksAt(pull.name)) return reply()
  if (isPublisher(grant, pull.name)) {
    gate.exempted(pull.name)
    return reply()
  }
  const answer = gate.decide(pull)
  return answer instanceof Promise ? answer.then((given) => replyBy(given, reply)) : replyBy(answer, reply)
}

/** Whether blobs may be mounted from a repository: where the gate is strict only by who would be given them without it. */
export function mayMountFrom({ gate, grant }: Gated, name: RepositoryName): boolean {
  return grant.mayPull(name) && (gate?.isStrict(name) !== true || isPublisher(grant, name))
}

function isPublisher({ publishes }: Grant, name: RepositoryName): boolean {
  return publishes === undefined || publishes(name)
}

function replyBy(answer: GateAnswer, reply: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
  if (answer === 'allowed') return reply()
  if (answer.kind === 'refused') throw new RegistryError('DENIED', answer.reason)
  const given = reply()
  const { reason } = answer
  return given instanceof Promise ? given.then((late) => withWarning(late, reason)) : withWarning(given, reason)
}

/** Characters of a warning: a header must not become large. */
const longestWarning = 500

/** A warning as clients may show it (RFC 7234, section 5.5). */
function withWarning(reply: Reply, reason: string): Reply {
  const text = reason
    .slice(0, longestWarning)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll(/["\\]/g, '\\$&')
  return { ...reply, headers: { ...reply.headers, Warning: `299 - "${text}"` } }
}
