import { TLSSocket } from 'node:tls'
import type { Occurrence, Requester } from '../service/occurrence.ts'
import type { Grant } from './authorize.ts'
import type { RegistryRequest } from './request.ts'

/** Content that was asked for, to be told once it was sent. */
export interface Pull {
  readonly occurrence: Occurrence
  readonly by: Requester
}

/** What may be told of a request to those who are told of what it did. Read when it is asked for: for most requests nobody does. */
export function requestedBy(request: RegistryRequest, grant: Grant): Requester {
  return new RequestedBy(request, grant)
}

class RequestedBy implements Requester {
  readonly #request: RegistryRequest
  readonly #grant: Grant

  constructor(request: RegistryRequest, grant: Grant) {
    this.#request = request
    this.#grant = grant
  }

  get id(): string {
    return this.#request.id
  }

  get method(): string {
    return this.#request.method
  }

  get address(): string | undefined {
    const { remoteAddress, remotePort } = this.#request.message.socket
    if (remoteAddress === undefined) return undefined
    const host = remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress
    return remotePort === undefined ? host : `${host}:${remotePort}`
  }

  get host(): string | undefined {
    return this.#request.headers.host
  }

  get isEncrypted(): boolean {
    return this.#request.message.socket instanceof TLSSocket
  }

  get agent(): string | undefined {
    return this.#request.headers['user-agent']
  }

  get actor(): string | undefined {
    return this.#grant.subject
  }
}
