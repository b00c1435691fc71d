import { isIbuildError } from '../../shared/base/errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { RepositoryCalls } from './repository-calls.ts'
import type { CallOptions } from './types.ts'

export interface SourceOptions {
  readonly mirrors: readonly Endpoint[]
  readonly onNotice: (text: string) => void
}

/**
 * Where the manifests and blobs of a repository are read: mirrors first, the registry itself last. A mirror that fails is a
 * notice and is not asked again; one that does not have something is no failure.
 */
export class Sources {
  readonly #origin: RepositoryCalls
  readonly #onNotice: (text: string) => void
  #mirrors: readonly RepositoryCalls[]

  constructor(origin: RepositoryCalls, { mirrors, onNotice }: SourceOptions) {
    this.#origin = origin
    this.#onNotice = onNotice
    this.#mirrors = mirrors.map((endpoint) => ({ endpoint, name: { ...origin.name, domain: endpoint.domain } }))
  }

  /** Those that did not fail yet, the registry itself last. */
  get all(): readonly [...RepositoryCalls[], RepositoryCalls] {
    return [...this.#mirrors, this.#origin]
  }

  /** The first answer that there is. */
  async ask<T>(call: (calls: RepositoryCalls) => Promise<T | undefined>, options: CallOptions): Promise<T | undefined> {
    for (const mirror of this.#mirrors) {
      try {
        const found = await call(mirror)
        if (found !== undefined) return found
      } catch (error) {
        this.giveUp(mirror, error, options)
      }
    }
    return call(this.#origin)
  }

  /** After a failure of a source: what it was, thrown when there is no other source to go to. */
  giveUp(source: RepositoryCalls, error: unknown, { signal }: CallOptions): void {
    signal?.throwIfAborted()
    if (source === this.#origin || !isIbuildError(error)) throw error
    if (error.code === 'REGISTRY_NOT_FOUND') return
    this.#mirrors = this.#mirrors.filter((mirror) => mirror !== source)
    this.#onNotice(`the mirror ${source.name.domain} is passed over: ${error.message}`)
  }
}
