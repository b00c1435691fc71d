import type { Happening } from '../service/occurrence.ts'

/** What the configuration says of one receiver of events. Times are in milliseconds. */
export interface EndpointSettings {
  /** Letters, digits, `.`, `_` and `-`; its place among the events is kept under it. */
  readonly name: string
  /** `http:` or `https:`, without user and password. */
  readonly url: string
  /** File whose content signs what is sent; empty for none. */
  readonly secretFile: string
  /** PEM file with certificates that are trusted beside the usual ones; empty for none. */
  readonly caFile: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  /** What it wants to hear of. */
  readonly actions: readonly Happening[]
  /** Of these it does not. */
  readonly ignoreMediaTypes: readonly string[]
  /** For one request and the head of its answer. */
  readonly timeout: number
  /** Failures in a row from which on it counts as failing. */
  readonly threshold: number
  /** Wait after a failure; beyond the threshold each is twice as long as the one before. */
  readonly backoff: number
  /** Events that are older are given up while it is failing. */
  readonly maxAge: number
}

/** What the configuration says of events. */
export interface EventSettings {
  readonly endpoints: readonly EndpointSettings[]
  /** What clients are to use to reach the registry, as in the URLs of events; empty for what they called it. */
  readonly url: string
  /** True to tell what a manifest names. */
  readonly references: boolean
  /** Milliseconds for which events are kept that all have. */
  readonly retain: number
  /** Events that are kept at most. */
  readonly limit: number
  /** Dead letters that are kept of each receiver. */
  readonly deadLetters: number
  /** Networks (CIDR) to which events may be sent though their addresses are refused otherwise. */
  readonly allow: readonly string[]
}

/** A receiver with what its files hold. */
export interface Endpoint extends EndpointSettings {
  readonly secret: Uint8Array | undefined
  /** Certificates in PEM. */
  readonly authorities: readonly string[]
}

/** {@link EventSettings} with what the files hold that they name. */
export interface ReadEventSettings extends EventSettings {
  readonly endpoints: readonly Endpoint[]
}
