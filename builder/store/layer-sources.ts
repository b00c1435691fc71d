import { existsSync } from 'node:fs'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists } from './known-lists.ts'
import { remoteLayerFile } from './layout.ts'
import type { LayerSource, LayerSourceStore } from './remote-types.ts'

export interface InternalLayerSourceStore extends LayerSourceStore {
  /** What has to be synced so that they stay: without them a layer whose bytes are elsewhere is lost. */
  pathsOf(diffID: Digest): readonly string[]
  /** Forgets the sources of all other layers. */
  keepOnly(isKept: (diffID: Digest) => boolean): void
}

/** See `LayerSourceStore`. */
export function createLayerSourceStore(context: StoreContext): InternalLayerSourceStore {
  const lists = createKnownLists(context, {
    folder: context.layout.sources,
    most: 32,
    mostBytes: 64 * 1024,
    isNeeded: (diffID) => existsSync(remoteLayerFile(context.layout, diffID, 'durable')),
  })
  // What is known of a blob in one place is true of it in all others.
  const get = (diffID: Digest): readonly LayerSource[] => {
    const sources = lists.get(diffID).flatMap((entry) => sourceOf(entry) ?? [])
    const checked = new Set(sources.flatMap((source) => (source.checked === true ? [source.digest] : [])))
    return sources.map((source) => (checked.has(source.digest) ? { ...source, checked: true } : source))
  }
  return {
    get,
    add: async (diffID, asked) => {
      const isChecked = get(diffID).some((known) => known.checked === true && known.digest === asked.digest)
      const source = isChecked ? { ...asked, checked: true } : asked
      const { digest, domain, path } = source
      const isSame = (other: JsonObject): boolean =>
        other['digest'] === digest && other['domain'] === domain && other['path'] === path
      await lists.add(diffID, entryOf(source), isSame)
    },
    pathsOf: (diffID) => lists.pathsOf(diffID),
    keepOnly: (isKept) => {
      for (const diffID of lists.keys()) if (!isKept(diffID)) lists.remove(diffID)
    },
  }
}

function entryOf({ mediaType, digest, size, domain, path, made, checked }: LayerSource): JsonObject {
  return {
    mediaType,
    digest,
    size,
    domain,
    path,
    ...(made && { format: made.format, level: made.level }),
    ...(checked === true && { checked }),
  }
}

function sourceOf(entry: JsonObject): LayerSource | undefined {
  const { mediaType, digest, size, domain, path, format, level, checked } = entry
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined
  if (typeof size !== 'number' || typeof domain !== 'string' || typeof path !== 'string') return undefined
  const isMade = (format === 'gzip' || format === 'zstd') && typeof level === 'number'
  return {
    mediaType,
    digest,
    size,
    domain,
    path,
    ...(isMade && { made: { format, level } }),
    ...(checked === true && { checked }),
  }
}
