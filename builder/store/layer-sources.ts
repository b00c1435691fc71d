import { existsSync } from 'node:fs'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists, isSamePlace, type KnownLists } from './known-lists.ts'
import { remoteLayerFile } from './layout.ts'
import type { LayerSource } from './remote-types.ts'

/** See `LayerSourceStore`. Without them a layer whose bytes are elsewhere is lost. */
export function createLayerSourceStore(context: StoreContext): KnownLists<LayerSource> {
  const lists = createKnownLists<LayerSource>(context, {
    folder: context.layout.sources,
    most: 32,
    mostBytes: 64 * 1024,
    write: entryOf,
    read: sourceOf,
    isSame: isSamePlace,
    isNeeded: (diffID) => existsSync(remoteLayerFile(context.layout, diffID, 'durable')),
  })
  // What is known of a blob in one place is true of it in all others.
  const get = (diffID: Digest): readonly LayerSource[] => {
    const sources = lists.get(diffID)
    const checked = new Set(sources.flatMap((source) => (source.checked === true ? [source.digest] : [])))
    return sources.map((source) => (checked.has(source.digest) ? { ...source, checked: true } : source))
  }
  return {
    ...lists,
    get,
    add: async (diffID, source) => {
      const isChecked = get(diffID).some((known) => known.checked === true && known.digest === source.digest)
      await lists.add(diffID, isChecked ? { ...source, checked: true } : source)
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
