import { createHash } from 'node:crypto'
import type { Guard, ItemFacts, ItemName, RepositoryFacts } from '../../facts.ts'

/** What is pushed: a manifest and what it names, each a text and a size. */
export interface ModelPush {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Another text is another manifest. Default: repository and tag. */
  readonly text?: string
  /** Sizes of layers by their names, which manifests share. Default one of its own of 1000 bytes. */
  readonly layers?: Readonly<Record<string, number>>
  readonly createdAt?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly signedBy?: readonly string[]
  readonly pulledAt?: number
  readonly guards?: readonly Guard[]
}

export interface ModelManifest {
  readonly layers: ReadonlyMap<string, number>
  readonly facts: ItemFacts
}

interface Model {
  readonly pullsKnownSince: number
  readonly manifests: Map<string, ModelManifest>
  readonly tags: Map<string, ItemFacts>
}

/** Volumes and records of the cache are in the repository with the empty name. */
const others = ''
const manifestSize = 100

/** What a {@link ModelInventory} is of; each change gives another revision, but for pulls. */
export class ModelContent {
  readonly #repositories = new Map<string, Model>()
  readonly #others = new Map<string, ItemFacts>()
  revision = 0

  /** Sets a tag. The digest of its manifest is the result. */
  push(repository: string, tag: string, push: ModelPush): string {
    const digest = this.#addManifest(repository, { text: `${repository}:${tag}`, layers: { [tag]: 1000 }, ...push })
    this.#setTag(repository, tag, this.#factsOf(repository, { kind: 'tag', name: tag, digest }, push))
    return digest
  }

  /** Adds a manifest without a tag. The digest is the result. */
  pushUntagged(repository: string, push: ModelPush & { readonly text: string }): string {
    this.revision++
    return this.#addManifest(repository, push)
  }

  /** Since when pulls are noted in a repository; to be said before anything is pushed there. Default 0. */
  knowPullsSince(repository: string, pullsKnownSince: number): void {
    this.#repositories.set(repository, { pullsKnownSince, manifests: new Map(), tags: new Map() })
  }

  addOther(kind: 'volume' | 'cache', name: string, facts: Partial<ItemFacts> & { readonly pushedAt: number }): void {
    this.revision++
    this.#others.set(`${kind} ${name}`, {
      digest: name,
      size: 1000,
      guards: [],
      ...facts,
      kind,
      repository: others,
      name,
    })
  }

  /** Says something else of an item: a pull, a guard, a signature. Pulls are no change of the revision. */
  note(item: ItemName, facts: Partial<Pick<ItemFacts, 'pulledAt' | 'guards' | 'signedBy' | 'pushedAt'>>): void {
    const found = this.find(item)
    if (found === undefined) throw new Error(`${keyOf(item)} is not there`)
    if (Object.keys(facts).some((name) => name !== 'pulledAt')) this.revision++
    const noted = { ...found, ...facts }
    if (item.kind === 'tag') this.#open(item.repository).tags.set(item.name, noted)
    else if (item.kind === 'untagged') this.#setFacts(item, noted)
    else this.#others.set(`${item.kind} ${item.name}`, noted)
  }

  find({ kind, repository, name }: ItemName): ItemFacts | undefined {
    if (kind === 'volume' || kind === 'cache') return this.#others.get(`${kind} ${name}`)
    const model = this.#repositories.get(repository)
    if (kind === 'tag') return model?.tags.get(name)
    const isTagged = model !== undefined && [...model.tags.values()].some(({ digest }) => digest === name)
    return isTagged ? undefined : model?.manifests.get(name)?.facts
  }

  hasManifest(repository: string, digest: string): boolean {
    return this.#repositories.get(repository)?.manifests.has(digest) === true
  }

  /** A tag, or the right of a manifest to be seen as one without; content stays. */
  removeItem({ kind, repository, name }: ItemName): void {
    this.revision++
    if (kind === 'tag') this.#open(repository).tags.delete(name)
  }

  /** An item with all that only it has; the bytes of it are the result. */
  destroy(item: ItemName): number {
    this.revision++
    if (item.kind === 'volume' || item.kind === 'cache') {
      const size = this.find(item)?.size ?? 0
      this.#others.delete(`${item.kind} ${item.name}`)
      return size
    }
    const digest = this.find(item)?.digest ?? ''
    this.removeItem(item)
    return this.collect(item.repository, digest)
  }

  setBack(item: ItemName, digest: string): void {
    const facts = this.#open(item.repository).manifests.get(digest)?.facts
    if (facts === undefined) throw new Error(`${digest} is not in ${item.repository}`)
    if (item.kind === 'tag') this.#setTag(item.repository, item.name, { ...facts, kind: 'tag', name: item.name })
  }

  /** Removes a manifest that no tag leads to. Bytes that go with it. */
  collect(repository: string, digest: string): number {
    const model = this.#open(repository)
    const manifest = model.manifests.get(digest)
    if (manifest === undefined || [...model.tags.values()].some((tag) => tag.digest === digest)) return 0
    model.manifests.delete(digest)
    this.revision++
    const left = new Set([...this.manifests()].flatMap(([, , { layers }]) => [...layers.keys()]))
    return [...manifest.layers].reduce((sum, [name, size]) => sum + (left.has(name) ? 0 : size), manifestSize)
  }

  *manifests(): Generator<[repository: string, digest: string, manifest: ModelManifest]> {
    for (const [repository, { manifests }] of this.#repositories) {
      for (const [digest, manifest] of manifests) yield [repository, digest, manifest]
    }
  }

  tagsOf(repository: string): readonly ItemFacts[] {
    return [...(this.#repositories.get(repository)?.tags.values() ?? [])]
  }

  itemsOf(repository: string): readonly ItemFacts[] {
    if (repository === others) return [...this.#others.values()].sort(byName)
    const { tags, manifests } = this.#open(repository)
    const tagged = new Set([...tags.values()].map(({ digest }) => digest))
    const loose = [...manifests].flatMap(([digest, { facts }]) => (tagged.has(digest) ? [] : [facts]))
    return [...[...tags.values()].sort(byName), ...loose.sort(byName)]
  }

  repositories(): readonly RepositoryFacts[] {
    const named = [...this.#repositories]
      .map(([repository, { pullsKnownSince }]) => ({ repository, pullsKnownSince }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.repository), Buffer.from(b.repository)))
    return this.#others.size === 0 ? named : [{ repository: others, pullsKnownSince: 0 }, ...named]
  }

  state(): readonly string[] {
    const items = this.repositories().flatMap(({ repository }) => this.itemsOf(repository))
    return items.map((item) => `${keyOf(item)} ${item.digest}`)
  }

  #addManifest(repository: string, push: ModelPush & { readonly text: string }): string {
    const digest = `sha256:${createHash('sha256').update(push.text).digest('hex')}`
    const layers = new Map(Object.entries(push.layers ?? { [push.text]: 1000 }))
    const { manifests } = this.#open(repository)
    const size = [...layers.values()].reduce((sum, one) => sum + one, manifestSize)
    const facts = { ...factsOf(push), kind: 'untagged' as const, repository, name: digest, digest, size }
    manifests.set(digest, { layers, facts })
    return digest
  }

  #factsOf(repository: string, item: Pick<ItemFacts, 'kind' | 'name' | 'digest'>, push: ModelPush): ItemFacts {
    const size = this.#open(repository).manifests.get(item.digest)?.facts.size ?? 0
    return { ...factsOf(push), ...item, repository, size }
  }

  #setTag(repository: string, tag: string, facts: ItemFacts): void {
    this.revision++
    this.#open(repository).tags.set(tag, facts)
  }

  #setFacts({ repository, name }: ItemName, facts: ItemFacts): void {
    const { manifests } = this.#open(repository)
    const manifest = manifests.get(name)
    if (manifest !== undefined) manifests.set(name, { ...manifest, facts })
  }

  #open(repository: string): Model {
    const found = this.#repositories.get(repository)
    if (found !== undefined) return found
    this.knowPullsSince(repository, 0)
    return this.#open(repository)
  }
}

/** `REPOSITORY:TAG`, `REPOSITORY@DIGEST`, `volume NAME`. */
export function keyOf({ kind, repository, name }: ItemName): string {
  if (kind === 'tag') return `${repository}:${name}`
  return kind === 'untagged' ? `${repository}@${name}` : `${kind} ${name}`
}

function factsOf({
  at,
  createdAt,
  labels,
  signedBy,
  pulledAt,
  guards = [],
}: ModelPush): Pick<ItemFacts, 'pushedAt' | 'pulledAt' | 'createdAt' | 'labels' | 'signedBy' | 'guards'> {
  return { pushedAt: at, pulledAt, createdAt, labels, signedBy, guards }
}

function byName(a: ItemFacts, b: ItemFacts): number {
  return a.name < b.name ? -1 : 1
}
