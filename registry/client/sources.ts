import { isIbuildError } from '../../shared/base/errors.ts'
import type { Endpoint } from './endpoint.ts'
import { nameOf, type RepositoryCalls } from './repository-calls.ts'
import type { CallOptions, LookOptions } from './types.ts'

export interface SourceOptions {
  readonly mirrors: readonly Endpoint[]
  /** Mirrors that failed, of all repositories of a client: `HOST`, or `HOST/PATH`. */
  readonly failed: Set<string>
  readonly onNotice: (text: string) => void
}

/**
 * Where the manifests and blobs of a repository are read: mirrors first, the registry itself last. A mirror that fails is a
 * notice and is not asked again; one that does not have something is no failure.
 */
export class Sources {
  readonly #origin: RepositoryCalls
  readonly #onNotice: (text: string) => void
  readonly #failed: Set<string>
  readonly #all: readonly RepositoryCalls[]

  constructor(origin: RepositoryCalls, { mirrors, failed, onNotice }: SourceOptions) {
    this.#origin = origin
    this.#onNotice = onNotice
    this.#failed = failed
    this.#all = mirrors.map((endpoint) => ({ endpoint, name: { ...origin.name, domain: endpoint.domain } }))
  }

  get #mirrors(): RepositoryCalls[] {
    return this.#all.filter(({ name }) => !this.#failed.has(name.domain) && !this.#failed.has(nameOf(name)))
  }

  /** Those that did not fail yet, the registry itself last. */
  get all(): readonly [...RepositoryCalls[], RepositoryCalls] {
    return [...this.#mirrors, this.#origin]
  }

  /** The first answer that there is. */
  async ask<T>(call: (calls: RepositoryCalls) => Promise<T | undefined>, options: LookOptions): Promise<T | undefined> {
    for (const mirror of options.current === true ? [] : this.#mirrors) {
      try {
        const found = await call(mirror)
        if (found !== undefined) return found
      } catch (error) {
        this.giveUp(mirror, error, options)
      }
    }
    return call(this.#origin)
  }

  isOrigin(source: RepositoryCalls): boolean {
    return source === this.#origin
  }

  /** After a failure of a source: what it was, thrown when there is no other source to go to. */
  giveUp(source: RepositoryCalls, error: unknown, { signal }: CallOptions): void {
    signal?.throwIfAborted()
    if (source === this.#origin || !isIbuildError(error)) throw error
    if (error.code === 'REGISTRY_NOT_FOUND') return
    if (!this.#mirrors.includes(source)) return
    this.#failed.add(error.code === 'REGISTRY_UNREACHABLE' ? source.name.domain : nameOf(source.name))
    this.#onNotice(`the mirror ${source.name.domain} is passed over: ${error.message}`)
  }
}
