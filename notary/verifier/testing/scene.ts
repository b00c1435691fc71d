import { readMetadata } from '../../tuf/read-metadata.ts'
import type { Published, TestCollection } from '../../tuf/testing/collection.ts'
import type { Gun, RoleName } from '../../tuf/types.ts'
import { memoryTrustCache } from '../memory-cache.ts'
import { type RefreshOptions, refreshCollection } from '../refresh.ts'
import type { FetchLimits, MetadataSource, Pinning, TrustCache, TrustedCollection } from '../types.ts'

/** Believes whatever it meets first. */
export const firstUse: Pinning = { keys: new Map(), authorities: new Map(), allowsFirstUse: true }

/** A source whose answers a test decides. */
export interface TestSource extends MetadataSource {
  /** Names that were asked for, in order. */
  readonly asked: string[]
  /** What it serves, by the name in the URL; what a test puts in stays until {@link serve}. */
  files: Map<string, Uint8Array>
  /** Is asked instead of `files` for names that it has something to say of. */
  answer: (name: string, limits: FetchLimits) => Promise<Uint8Array | undefined> | undefined
  serve(published: Published): void
}

function testSource(published?: Published): TestSource {
  const source: TestSource = {
    asked: [],
    files: new Map(published?.served),
    answer: () => undefined,
    serve: (next) => {
      source.files = new Map(next.served)
    },
    fetch: async (_, name, limits) => {
      source.asked.push(name)
      return source.answer(name, limits) ?? source.files.get(name)
    },
  }
  return source
}

/** One client, what it remembers, and the server that it asks. */
export interface Scene {
  readonly gun: Gun
  readonly source: TestSource
  readonly cache: TrustCache
  now: number
  /** What is trusted after the server was asked once more. */
  refresh(options?: Partial<RefreshOptions>): Promise<TrustedCollection>
  /** Versions that are the least for each role from now on; empty for a collection that is not known. */
  trusted(): Promise<Readonly<Record<string, number>>>
}

/** A client that has never seen the collection. */
export function newScene(collection: TestCollection, published?: Published): Scene {
  const { gun } = collection
  const source = testSource(published)
  const cache = memoryTrustCache()
  const scene: Scene = {
    gun,
    source,
    cache,
    now: collection.now,
    refresh: (options = {}) =>
      refreshCollection(gun, {
        source,
        cache,
        pinning: firstUse,
        unreachable: 'refuse',
        now: () => scene.now,
        ...options,
      }),
    trusted: async () => {
      const remembered = await cache.load(gun)
      if (remembered === undefined) return {}
      const files = new Map<RoleName, Uint8Array>([
        ['root', remembered.root],
        ...remembered.collection,
        ...remembered.floors,
      ])
      return Object.fromEntries([...files].map(([role, bytes]) => [role, readMetadata(role, bytes).signed.version]))
    },
  }
  return scene
}
