import type { JsonObject } from '../../shared/base/json.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { originOf } from '../../shared/web/origin.ts'
import type { Occurrence, Requester } from '../service/occurrence.ts'
import { referencesIn } from './references.ts'

/** What an envelope of events is, for receivers. */
export const envelopeType = 'application/vnd.docker.distribution.events.v2+json'

/** The process that tells. */
export interface EventSource {
  /** `HOST:PORT`, as far as known. */
  readonly addr: string
  /** Another one for each process. */
  readonly instanceID: string
}

export interface EventFacts {
  /** Another one for each event, the same whenever it is told. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly source: EventSource
  /** Where clients reach the registry, without a slash at its end; empty for what the request called it. */
  readonly url: string
  readonly references: boolean
}

/**
 * One event in the shape that distribution's notifications have, version 2. What is not known is left out of it, or empty in
 * members that are always there.
 */
export function eventOf(occurrence: Occurrence, by: Requester | undefined, facts: EventFacts): JsonObject {
  const { id, at, source } = facts
  return {
    id,
    timestamp: new Date(at).toISOString(),
    action: occurrence.action,
    target: targetOf(occurrence, by, facts),
    request: {
      id: by?.id ?? '',
      ...definedMembers({ addr: by?.address, host: shortened(by?.host) }),
      method: by?.method.slice(0, 20) ?? '',
      useragent: shortened(by?.agent) ?? '',
    },
    actor: definedMembers({ name: by?.actor }),
    ...definedMembers({ reason: by?.reason }),
    source: { ...source },
  }
}

function targetOf(occurrence: Occurrence, by: Requester | undefined, facts: EventFacts): JsonObject {
  const { action, kind, name, digest, size, tag, from, bytes } = occurrence
  const hasContent = action !== 'delete'
  const mediaType = occurrence.mediaType ?? (hasContent ? 'application/octet-stream' : '')
  const references = facts.references && bytes !== undefined ? referencesIn(bytes) : undefined
  return definedMembers({
    mediaType,
    digest: digest ?? '',
    size: size ?? 0,
    length: size === 0 ? undefined : size,
    repository: name,
    fromRepository: from,
    url: hasContent ? urlOf(`/v2/${name}/${kind}s/${digest}`, by, facts) : undefined,
    tag,
    references,
  })
}

/** What a client calls the registry is believed only where it can stand in an URL. */
function urlOf(path: string, by: Requester | undefined, { url }: EventFacts): string | undefined {
  if (url !== '') return url + path
  const origin = by && originOf(by)
  return origin === undefined ? undefined : origin + path
}

function shortened(text: string | undefined): string | undefined {
  return text?.slice(0, 256)
}
