import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

interface StoredManifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

interface PushOptions extends CallOptions {
  readonly mountFrom?: readonly string[] | undefined
  readonly onProgress?: ((sent: number) => void) | undefined
}

/** A registry in memory with the calls that a client of registries has: what is asked of it, in order, is in `log`. */
export class MemoryRegistry {
  /** `get`, `push`, `stream`, `mount`, `head`, `manifest`, `referrers` or `put`, with the repository and the digest or reference. */
  readonly log: string[] = []
  /** Blobs that this gives are sent in its place: another content, an error, pieces that come slowly. */
  readonly content = new Map<Digest, () => AsyncIterable<Uint8Array>>()
  readonly #repositories = new Map<string, MemoryRepository>()

  repository({ domain, path }: { readonly domain: string; readonly path: string }): MemoryRepository {
    const key = `${domain}/${path}`
    const known = this.#repositories.get(key) ?? new MemoryRepository(this, { domain, path })
    this.#repositories.set(key, known)
    return known
  }

  async *catalog(domain: string): AsyncGenerator<string> {
    for (const { name } of this.#repositories.values()) if (name.domain === domain) yield name.path
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  /** The log without the entries of a kind, for comparing. */
  said(...kinds: string[]): string[] {
    return this.log.filter((entry) => kinds.includes(entry.split(' ')[0] ?? ''))
  }
}

/** One repository of it; its members are those of a client's. */
export class MemoryRepository {
  readonly name: { readonly domain: string; readonly path: string }
  readonly blobs = new Map<Digest, Uint8Array>()
  readonly manifests = new Map<Digest, StoredManifest>()
  readonly tagged = new Map<string, Digest>()
  readonly #registry: MemoryRegistry

  constructor(registry: MemoryRegistry, name: { readonly domain: string; readonly path: string }) {
    this.#registry = registry
    this.name = name
  }

  async manifest(ref: string, { signal }: CallOptions = {}): Promise<StoredManifest | undefined> {
    signal?.throwIfAborted()
    this.#say('manifest', ref)
    return this.#find(ref)
  }

  async resolve(ref: string): Promise<Descriptor | undefined> {
    this.#say('resolve', ref)
    const found = this.#find(ref)
    return found && { mediaType: found.mediaType, digest: found.digest, size: found.bytes.byteLength }
  }

  async *blob({ digest, size }: Descriptor, { signal }: CallOptions = {}): AsyncGenerator<Uint8Array> {
    this.#say('get', digest)
    const bytes = this.blobs.get(digest)
    const other = this.#registry.content.get(digest)
    if (bytes === undefined && other === undefined) throw new IbuildError('DIGEST_MISMATCH', `no blob ${digest}`)
    const pieces: Uint8Array[] = []
    for await (const piece of other?.() ?? inPieces(bytes ?? new Uint8Array())) {
      signal?.throwIfAborted()
      pieces.push(piece)
      yield piece
    }
    const whole = Buffer.concat(pieces)
    if (whole.length !== size || digestOf(whole, algorithmOf(digest)) !== digest)
      throw new IbuildError('DIGEST_MISMATCH', `the registry sent other content than ${digest}`)
  }

  async checkPush(): Promise<void> {
    this.#say('check', '')
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    this.#say('head', digest)
    return this.blobs.has(digest)
  }

  async pushBlob(
    { digest, size }: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    { mountFrom = [], onProgress, signal }: PushOptions = {},
  ): Promise<'present' | 'mounted' | 'sent'> {
    if (this.blobs.has(digest)) return 'present'
    for (const from of mountFrom) if (await this.mount(digest, from)) return 'mounted'
    this.#say('push', digest)
    const bytes = await collect(open(), { onProgress, signal })
    if (digestOf(bytes, algorithmOf(digest)) !== digest || bytes.length !== size)
      throw new IbuildError('DIGEST_MISMATCH', `pushed other content than ${digest}`)
    this.blobs.set(digest, bytes)
    return 'sent'
  }

  async pushStream(
    content: AsyncIterable<Uint8Array>,
    options: PushOptions = {},
  ): Promise<{ readonly digest: Digest; readonly size: number }> {
    const bytes = await collect(content, options)
    const digest = digestOf(bytes)
    this.#say('stream', digest)
    this.blobs.set(digest, bytes)
    return { digest, size: bytes.length }
  }

  async mount(digest: Digest, from: string): Promise<boolean> {
    this.#say('mount', digest)
    const bytes = this.#registry.repository({ domain: this.name.domain, path: from }).blobs.get(digest)
    if (bytes !== undefined) this.blobs.set(digest, bytes)
    return bytes !== undefined
  }

  async putManifest(ref: string, manifest: StoredManifest): Promise<void> {
    this.#say('put', ref)
    this.manifests.set(manifest.digest, manifest)
    if (!ref.includes(':')) this.tagged.set(ref, manifest.digest)
  }

  async *tags(): AsyncGenerator<string> {
    yield* [...this.tagged.keys()].sort()
  }

  async *referrers(
    subject: Digest,
    { artifactType: wanted }: { readonly artifactType?: string | undefined } = {},
  ): AsyncGenerator<Descriptor> {
    this.#say('referrers', subject)
    for (const { mediaType, digest, bytes } of this.manifests.values()) {
      const document = JSON.parse(Buffer.from(bytes).toString()) as {
        subject?: Descriptor
        artifactType?: string
        annotations?: Record<string, string>
      }
      if (document.subject?.digest !== subject) continue
      const { artifactType, annotations } = document
      if (wanted !== undefined && artifactType !== wanted) continue
      yield {
        mediaType,
        digest,
        size: bytes.byteLength,
        ...(artifactType !== undefined && { artifactType }),
        ...(annotations !== undefined && { annotations }),
      }
    }
  }

  async removeManifest(ref: string): Promise<boolean> {
    this.#say('remove', ref)
    if (!ref.includes(':')) return this.tagged.delete(ref)
    const digest = this.#find(ref)?.digest
    if (digest === undefined) return false
    for (const [tag, tagged] of this.tagged) if (tagged === digest) this.tagged.delete(tag)
    return this.manifests.delete(digest)
  }

  async removeBlob(digest: Digest): Promise<boolean> {
    return this.blobs.delete(digest)
  }

  #find(ref: string): StoredManifest | undefined {
    for (const [digest, manifest] of this.manifests) if (digest === (this.tagged.get(ref) ?? ref)) return manifest
    return undefined
  }

  #say(kind: string, what: string): void {
    this.#registry.log.push(`${kind} ${this.name.path} ${what}`)
  }
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

async function collect(content: AsyncIterable<Uint8Array>, { onProgress, signal }: PushOptions): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let sent = 0
  for await (const piece of content) {
    signal?.throwIfAborted()
    pieces.push(Uint8Array.from(piece))
    sent += piece.byteLength
    onProgress?.(sent)
  }
  return Buffer.concat(pieces)
}
