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
    const { address, port } = this.#request.client
    if (address === undefined) return undefined
    const host = address.includes(':') ? `[${address}]` : address
    return port === undefined ? host : `${host}:${port}`
  }

  get host(): string | undefined {
    return this.#request.client.host
  }

  get isEncrypted(): boolean {
    return this.#request.client.isEncrypted
  }

  get agent(): string | undefined {
    return this.#request.headers['user-agent']
  }

  get actor(): string | undefined {
    return this.#grant.subject
  }
}
