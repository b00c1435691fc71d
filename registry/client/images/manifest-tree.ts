import type { Digest } from '../../../shared/base/digest.ts'
import { hexOf } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { RegistryError } from '../../protocol/error.ts'
import { type ManifestFacts, parseManifest } from '../../protocol/manifest.ts'
import type { RemoteManifest, RemoteRepository } from '../types.ts'

/** A manifest with what has to be said of it. */
export interface TreeManifest {
  readonly manifest: RemoteManifest
  readonly facts: ManifestFacts
  /** A tag of its own that means something to clients, such as cosign's. */
  readonly tag?: string
}

/** Errors: MANIFEST_INVALID. */
export function treeManifest(manifest: RemoteManifest): TreeManifest {
  return { manifest, facts: factsOf(manifest) }
}

export interface TreeOptions {
  /** Follows manifests whose subject is one of the tree, and cosign's tags. */
  readonly referrers: boolean
  readonly signal?: AbortSignal | undefined
}

/** An index of so many manifests, or a tree of them, is no image any more. */
const mostManifests = 10_000
const mostBytes = 256 * 1024 * 1024
const mostDepth = 16

/** What a manifest leads to: every manifest after those that it names, its own last. Errors: those of the registry, MANIFEST_INVALID, REGISTRY_NOT_FOUND for a child that is not there. */
export async function readTree(
  repository: RemoteRepository,
  top: RemoteManifest,
  options: TreeOptions,
): Promise<readonly TreeManifest[]> {
  const walk = new TreeWalk(repository, options)
  await walk.visit(top, 0)
  return walk.manifests
}

class TreeWalk {
  readonly manifests: TreeManifest[] = []
  readonly #repository: RemoteRepository
  readonly #options: TreeOptions
  readonly #seen = new Set<Digest>()
  #bytes = 0

  constructor(repository: RemoteRepository, options: TreeOptions) {
    this.#repository = repository
    this.#options = options
  }

  /** Children first, then what refers to the manifest, then itself: when it is there, all is. */
  async visit(manifest: RemoteManifest, depth: number, tag?: string): Promise<void> {
    if (this.#seen.has(manifest.digest)) return
    this.#seen.add(manifest.digest)
    this.#bytes += manifest.bytes.byteLength
    if (depth > mostDepth || this.#seen.size > mostManifests || this.#bytes > mostBytes) throw this.#tooLarge()
    const facts = factsOf(manifest)
    for (const child of facts.manifests) await this.#followChild(child.digest, depth + 1)
    if (this.#options.referrers) await this.#visitReferrers(manifest.digest, depth + 1)
    this.manifests.push({ manifest, facts, ...(tag !== undefined && { tag }) })
  }

  /** False when it is not there. */
  async #follow(digest: Digest, depth: number): Promise<boolean> {
    if (this.#seen.has(digest)) return true
    const manifest = await this.#repository.manifest(digest, this.#options)
    if (manifest !== undefined) await this.visit(manifest, depth)
    return manifest !== undefined
  }

  async #followChild(digest: Digest, depth: number): Promise<void> {
    if (await this.#follow(digest, depth)) return
    const { domain, path } = this.#repository.name
    throw new IbuildError(
      'REGISTRY_NOT_FOUND',
      `an index names the manifest ${digest}, which ${domain}/${path} has not`,
      {
        hint: 'Copy one platform of it with --platform.',
      },
    )
  }

  /** A list of referrers may be older than the removal of one. */
  async #visitReferrers(subject: Digest, depth: number): Promise<void> {
    for await (const { digest } of this.#repository.referrers(subject, this.#options)) await this.#follow(digest, depth)
    for (const tag of cosignTags(subject)) {
      const manifest = await this.#repository.manifest(tag, this.#options)
      if (manifest !== undefined) await this.visit(manifest, depth, tag)
    }
  }

  #tooLarge(): IbuildError {
    const { domain, path } = this.#repository.name
    return new IbuildError('MANIFEST_INVALID', `what ${domain}/${path} names leads to too many manifests`)
  }
}

/** Signatures, attestations and lists of contents that cosign keeps under tags instead of as referrers. */
function cosignTags(subject: Digest): string[] {
  return ['sig', 'att', 'sbom'].map((kind) => `sha256-${hexOf(subject)}.${kind}`)
}

function factsOf({ bytes, mediaType, digest }: RemoteManifest): ManifestFacts {
  try {
    return parseManifest(bytes, mediaType)
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause
    throw new IbuildError('MANIFEST_INVALID', `manifest ${digest}: ${cause.message}`, { cause })
  }
}
