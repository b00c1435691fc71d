import type { ServerResponse } from 'node:http'
import type { WebLimits } from './limits.ts'
import type { WebRequest } from './request.ts'

/** Paths that somebody answers on a server of another: with its TLS, limits and logins. */
export interface FurtherPaths {
  /** Begins with a slash, without one at its end: it and all below it. */
  readonly prefix: string
  /** What tokens must be for; the last part of the prefix where nothing is said. */
  readonly service?: string
  /** Answers a request whose head was looked at. Never rejects; what goes wrong is told in the answer. */
  readonly serve: (asked: FurtherRequest) => Promise<void>
}

export interface FurtherRequest {
  readonly request: Pick<WebRequest, keyof WebRequest>
  readonly response: ServerResponse
  readonly limits: WebLimits
  /** Who asks. With `needsLogin` somebody who did not say who he is is refused. Errors: {@link Refusal}. */
  readonly identify: (needsLogin: boolean) => Promise<Person | undefined>
  /** For log and metrics. */
  readonly told: Told
}

/** Somebody who logged in. */
export interface Person {
  readonly name: string
  readonly groups: ReadonlySet<string>
}

/** What is told of an answer when it is over. */
export interface Told {
  sentBytes: number
  failure: { readonly codes: readonly string[]; readonly cause?: unknown } | undefined
}

/** A request that is not answered; with headers such as the challenge that says how to log in. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}
