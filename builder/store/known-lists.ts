import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { isObject, type JsonObject } from '../../shared/base/json.ts'
import { mapDiskFullSync, replaceFileSync } from '../../shared/cas/disk.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
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
}

/** One small file for each digest, that names itself. They are not synced: what is lost is found out again. */
export function createKnownLists(context: StoreContext, { folder, most, mostBytes }: KnownListOptions): KnownLists {
  const fileOf = (digest: Digest): string => path.join(folder, fileNameOf(digest))
  const get = (digest: Digest): readonly JsonObject[] => {
    const { name, entries } = readJsonFile(fileOf(digest), mostBytes) ?? {}
    return name === digest && Array.isArray(entries) ? entries.filter((entry) => isObject(entry)) : []
  }
  const put = (digest: Digest, entries: readonly JsonObject[]): void => {
    mkdirSync(folder, { recursive: true })
    const content = JSON.stringify({ version: 1, name: digest, entries })
    if (Buffer.byteLength(content) > mostBytes) return
    replaceFileSync(fileOf(digest), context.temps.name('known'), content)
  }
  return {
    get,
    add: async (digest, entry, isSame) =>
      context.underShared(async () => {
        const others = get(digest).filter((other) => !isSame(other))
        mapDiskFullSync(() => put(digest, [entry, ...others].slice(0, most)))
      }),
    keys: () => namesIn(folder).flatMap((name) => digestOfFileName(name) ?? []),
    pathsOf: (digest) => (existsSync(fileOf(digest)) ? [fileOf(digest), folder] : []),
    remove: (digest) => rmSync(fileOf(digest), { force: true }),
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
