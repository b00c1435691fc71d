import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { isDigest } from '../../shared/base/digest.ts'
import { mapDiskFullSync, replaceFileSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import type { BlobStore } from './blob-store.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
import { readJsonFile } from './read-json-file.ts'
import type { CompressedKey, CompressedLayer, CompressedStore } from './types.ts'

export interface InternalCompressedStore extends CompressedStore {
  /** Forgets the entries whose blob is not there any more. */
  dropStale(): void
}

/**
 * One small file for each entry, that names itself: what was cut off, or lies under another name, is a miss. The blob is
 * durable before the entry names it, so entries are not synced.
 */
export function createCompressedStore(context: StoreContext, { blobs }: { blobs: BlobStore }): InternalCompressedStore {
  const { layout, temps } = context
  const fileOf = (key: CompressedKey): string => path.join(layout.compressed, nameOf(key))

  const get = (key: CompressedKey): CompressedLayer | undefined => {
    const { name, digest, size } = readJsonFile(fileOf(key)) ?? {}
    if (name !== nameOf(key) || typeof digest !== 'string' || !isDigest(digest)) return undefined
    const blob = blobs.stat(digest)
    return blob !== undefined && blob.size === size ? { ...key, digest, size } : undefined
  }
  const put = (entry: CompressedLayer): void => {
    const { digest, size } = entry
    mkdirSync(layout.compressed, { recursive: true })
    const content = JSON.stringify({ version: 1, name: nameOf(entry), digest, size })
    replaceFileSync(fileOf(entry), temps.name('compressed'), content)
  }
  const keys = (): CompressedKey[] => namesIn(layout.compressed).flatMap((name) => keyOf(name) ?? [])

  return {
    get,
    put: async (entry) => context.underShared(async () => mapDiskFullSync(() => put(entry))),
    remove: (key) => rmSync(fileOf(key), { force: true }),
    list: () => keys().flatMap((key) => get(key) ?? []),
    dropStale: () => {
      for (const key of keys()) if (get(key) === undefined) rmSync(fileOf(key), { force: true })
    },
  }
}

function nameOf({ diffID, format, level }: CompressedKey): string {
  return `${fileNameOf(diffID)}.${format}-${level}`
}

function keyOf(name: string): CompressedKey | undefined {
  const [, layer = '', format, level] = /^([^.]+)\.(gzip|zstd)-(\d{1,2})$/.exec(name) ?? []
  const diffID = digestOfFileName(layer)
  if (diffID === undefined || (format !== 'gzip' && format !== 'zstd')) return undefined
  return { diffID, format, level: Number(level) }
}
