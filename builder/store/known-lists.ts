import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { isObject, type JsonObject } from '../../shared/base/json.ts'
import { mapDiskFullSync, replaceFileDurably, replaceFileSync } from '../../shared/cas/disk.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
import { namesIn } from './names-in.ts'
import { readJsonFile } from './read-json-file.ts'

/** Short lists of things that are known of what a digest names, the newest first. A lost or damaged list is empty. */
export interface KnownLists {
  get(digest: Digest): readonly JsonObject[]
  /** Puts an entry first. `isSame` tells entries that it takes the place of; the oldest beyond the cap go. */
  add(digest: Digest, entry: JsonObject, isSame: (other: JsonObject) => boolean): Promise<void>
  keys(): readonly Digest[]
  /** What has to be synced so that a list stays; nothing when there is none. */
  pathsOf(digest: Digest): readonly string[]
  remove(digest: Digest): void
}

export interface KnownListOptions {
  readonly folder: string
  readonly most: number
  readonly mostBytes: number
  /** Tells of which things a list must not be lost any more: it is synced before it takes the place of the one before. */
  readonly isNeeded?: (digest: Digest) => boolean
}

/** One small file for each digest, that names itself. They are not synced unless they are needed: what is lost is found out again. */
export function createKnownLists(
  context: StoreContext,
  { folder, most, mostBytes, isNeeded = () => false }: KnownListOptions,
): KnownLists {
  const fileOf = (digest: Digest): string => path.join(folder, fileNameOf(digest))
  const get = (digest: Digest): readonly JsonObject[] => {
    const { name, entries } = readJsonFile(fileOf(digest), mostBytes) ?? {}
    return name === digest && Array.isArray(entries) ? entries.filter((entry) => isObject(entry)) : []
  }
  const put = (digest: Digest, entries: readonly JsonObject[]): void => {
    mkdirSync(folder, { recursive: true })
    const content = JSON.stringify({ version: 1, name: digest, entries })
    if (Buffer.byteLength(content) > mostBytes) return
    const temporary = context.temps.name('known')
    if (!isNeeded(digest)) return replaceFileSync(fileOf(digest), temporary, content)
    replaceFileDurably(fileOf(digest), temporary, content)
  }
  return {
    get,
    add: async (digest, entry, isSame) =>
      context.underShared(async () => {
        const before = get(digest)
        if (JSON.stringify(before[0]) === JSON.stringify(entry)) return
        const others = before.filter((other) => !isSame(other))
        mapDiskFullSync(() => put(digest, [entry, ...others].slice(0, most)))
      }),
    keys: () => namesIn(folder).flatMap((name) => digestOfFileName(name) ?? []),
    pathsOf: (digest) => (existsSync(fileOf(digest)) ? [fileOf(digest), folder, path.dirname(folder)] : []),
    remove: (digest) => rmSync(fileOf(digest), { force: true }),
  }
}
