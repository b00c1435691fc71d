import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { isObject, type JsonObject } from '../../shared/base/json.ts'
import { mapDiskFullSync, replaceFileDurably, replaceFileSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
import { readJsonFile } from './read-json-file.ts'

/** Short lists of things that are known of what a digest names, the newest first. A lost or damaged list is empty. */
export interface KnownLists<T> {
  get(digest: Digest): readonly T[]
  /** Puts a thing first; the oldest beyond the cap go. */
  add(digest: Digest, thing: T): Promise<void>
  /** What has to be synced so that a list stays; nothing when there is none. */
  pathsOf(digest: Digest): readonly string[]
  /** Forgets the lists of all other digests. */
  keepOnly(isKept: (digest: Digest) => boolean): void
}

/** What the lists of one kind are like. */
export interface KnownListOptions<T> {
  readonly folder: string
  readonly most: number
  readonly mostBytes: number
  /** A thing as JSON. */
  readonly write: (thing: T) => JsonObject
  /** The same back; undefined for what is of another form. */
  readonly read: (entry: JsonObject) => T | undefined
  /** True when the newer of two takes the place of the older. */
  readonly isSame: (newer: T, older: T) => boolean
  /** Tells of which things a list must not be lost any more: it is synced before it takes the place of the one before. */
  readonly isNeeded?: (digest: Digest) => boolean
}

/** One small file for each digest, that names itself. They are not synced unless they are needed: what is lost is found out again. */
export function createKnownLists<T>(context: StoreContext, options: KnownListOptions<T>): KnownLists<T> {
  const { folder, most, mostBytes, read, write, isSame, isNeeded = () => false } = options
  const fileOf = (digest: Digest): string => path.join(folder, fileNameOf(digest))
  const get = (digest: Digest): readonly T[] => {
    const { name, entries } = readJsonFile(fileOf(digest), mostBytes) ?? {}
    if (name !== digest || !Array.isArray(entries)) return []
    return entries.flatMap((entry) => (isObject(entry) ? (read(entry) ?? []) : []))
  }
  const put = (digest: Digest, things: readonly T[]): void => {
    mkdirSync(folder, { recursive: true })
    const content = JSON.stringify({ version: 1, name: digest, entries: things.map(write) })
    if (Buffer.byteLength(content) > mostBytes) return
    const temporary = context.temps.name('known')
    if (!isNeeded(digest)) return replaceFileSync(fileOf(digest), temporary, content)
    replaceFileDurably(fileOf(digest), temporary, content)
  }
  return {
    get,
    add: async (digest, thing) =>
      context.underShared(async () => {
        const before = get(digest)
        if (JSON.stringify(before.slice(0, 1).map(write)) === JSON.stringify([write(thing)])) return
        const others = before.filter((other) => !isSame(thing, other))
        mapDiskFullSync(() => put(digest, [thing, ...others].slice(0, most)))
      }),
    pathsOf: (digest) => (existsSync(fileOf(digest)) ? [fileOf(digest), folder, path.dirname(folder)] : []),
    keepOnly: (isKept) => {
      for (const name of namesIn(folder)) {
        const digest = digestOfFileName(name)
        if (digest !== undefined && !isKept(digest)) rmSync(fileOf(digest), { force: true })
      }
    },
  }
}

/** A thing that a repository has. */
interface Placed {
  readonly digest: Digest
  readonly domain: string
  readonly path: string
}

/** True for the same content in the same repository. */
export function isSamePlace(a: Placed, b: Placed): boolean {
  return a.digest === b.digest && a.domain === b.domain && a.path === b.path
}
