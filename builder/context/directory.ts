import { realpathSync, type Stats, statSync } from 'node:fs'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { type EntryType, joinPath, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { ContextFiles, changedError } from './context-files.ts'
import { digestFile, digestOfBytes, readPieces, readSmall, readVerified, smallFileSize } from './file-content.ts'
import type { Found } from './found.ts'
import { HashCache } from './hash-cache.ts'
import { hashFiles } from './hash-files.ts'
import type { HashItem } from './hash-now.ts'
import type { IgnoreRules, IgnoreState } from './ignore.ts'
import { loadIgnoreRules } from './ignore-file.ts'
import { NodeTable } from './node-table.ts'
import { typeOf } from './stat-entry.ts'
import type { BuildContext, IgnoredBy, IgnoreFile } from './types.ts'

export interface DirectoryOptions {
  /** Path of the directory. */
  readonly root: string
  /** Path of the Dockerfile; undefined when it does not come from a file. */
  readonly dockerfile: string | undefined
  /** Where digests are remembered between builds; one file per context directory. */
  readonly hashCacheFile: string
  /** Stops the reading of files. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A local directory as build context. Nothing is read before it is asked for, and no file whose stat is remembered is
 * opened. Errors: CONTEXT_INVALID (not a directory, unreadable), IGNORE_INVALID, CONTEXT_CHANGED from then on.
 */
export function openDirectoryContext(options: DirectoryOptions): BuildContext {
  const root = resolveRoot(options.root)
  const rules = loadIgnoreRules(root, options.dockerfile)
  return new DirectoryContext(new ContextFiles(root, options.signal), rules, new HashCache(options.hashCacheFile))
}

/** The real path of a context directory. Errors: CONTEXT_INVALID. */
export function resolveRoot(root: string): string {
  try {
    const real = realpathSync(root)
    if (statSync(real).isDirectory()) return real
  } catch (cause) {
    const errno = errnoOf(cause) ?? ''
    const why = errno === 'ENOENT' ? 'there is no such directory' : `it cannot be opened: ${errno}`
    throw new IbuildError('CONTEXT_INVALID', `the build context ${JSON.stringify(root)}: ${why}`, { cause })
  }
  throw new IbuildError('CONTEXT_INVALID', `the build context ${JSON.stringify(root)} is not a directory`, {
    hint: 'A Dockerfile is given with -f FILE, beside the folder; a tar, or a Dockerfile alone, on stdin with - as context.',
  })
}

/** What the ignore file says of so many directories is remembered. */
const keptStates = 1024

class DirectoryContext implements BuildContext {
  readonly #files: ContextFiles
  readonly #rules: IgnoreRules | undefined
  readonly #cache: HashCache
  readonly #nodes: NodeTable
  readonly #states = new Map<LayerPath, IgnoreState>()

  constructor(files: ContextFiles, rules: IgnoreRules | undefined, cache: HashCache) {
    this.#files = files
    this.#rules = rules === undefined || rules.isEmpty ? undefined : rules
    this.#cache = cache
    this.#nodes = new NodeTable(cache.folder)
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    const number = this.#find(path)
    return number < 0 ? undefined : this.#nodes.entry(number, path)
  }

  list(path: LayerPath): readonly string[] {
    return Array.from(this.#children(path), (child) => this.#nodes.paths.name(child))
  }

  *walk(directory: LayerPath): Generator<LayerEntry> {
    for (const child of this.#children(directory)) {
      const entry = this.#nodes.entry(child, joinPath(directory, this.#nodes.paths.name(child)))
      yield entry
      if (entry.type === 'dir') yield* this.walk(entry.path)
    }
  }

  linkGroup(path: LayerPath): string | undefined {
    if (!this.#nodes.hasLinks) return undefined
    const number = this.#find(path)
    return number < 0 ? undefined : this.#nodes.linkGroup(number)
  }

  mayLink(): boolean {
    return this.#nodes.hasLinks
  }

  async digest(path: LayerPath): Promise<Digest> {
    const number = this.#file(path)
    const known = this.#nodes.digest(number)
    if (known !== undefined) return known
    const readAt = Date.now()
    const digest = await digestFile({ files: this.#files, path, signature: this.#nodes.signature(number) })
    this.#nodes.setDigest(number, digest, readAt)
    return digest
  }

  async digestBelow(directory: LayerPath): Promise<void> {
    await hashFiles(this.#files, this.#unhashed(directory), ({ number }, { digest, readAt }) =>
      this.#nodes.setDigest(number, digest, readAt),
    )
  }

  read(path: LayerPath): Uint8Array | undefined {
    const number = this.#file(path)
    const signature = this.#nodes.signature(number)
    if (signature.size > smallFileSize) return undefined
    const bytes = readSmall({ files: this.#files, path, signature })
    if (!this.#nodes.isVouched(number) && digestOfBytes(bytes) !== this.#nodes.digest(number)) throw changedError(path)
    return bytes
  }

  async *open(path: LayerPath): AsyncGenerator<Uint8Array> {
    const digest = await this.digest(path)
    const small = this.read(path)
    if (small !== undefined) {
      yield small
      return
    }
    const number = this.#file(path)
    const expected = { files: this.#files, path, signature: this.#nodes.signature(number) }
    yield* this.#nodes.isVouched(number) ? readPieces(expected) : readVerified(expected, digest)
  }

  describeIgnored(path: LayerPath): IgnoredBy | undefined {
    const match = this.#rules?.match(path)
    if (this.#rules === undefined || match?.line === undefined || match.pattern === undefined) return undefined
    return { file: this.#rules.file, line: match.line, pattern: match.pattern }
  }

  ignoreFile(): IgnoreFile | undefined {
    return this.#rules && { name: this.#rules.file, digest: this.#rules.digest() }
  }

  close(): void {
    this.#cache.save(this.#nodes)
    this.#cache.close()
    this.#nodes.close()
  }

  /** The files below a directory that have no digest yet. */
  *#unhashed(directory: LayerPath): Generator<HashItem & { readonly number: number }> {
    for (const number of this.#children(directory)) {
      const type = this.#nodes.type(number)
      if (type !== 'dir' && (type !== 'file' || this.#nodes.hasDigest(number))) continue
      const path = joinPath(directory, this.#nodes.paths.name(number))
      if (type === 'dir') yield* this.#unhashed(path)
      else yield { number, path, signature: this.#nodes.signature(number) }
    }
  }

  #file(path: LayerPath): number {
    const number = this.#find(path)
    if (number >= 0 && this.#nodes.type(number) === 'file') return number
    throw new Error(`not a file of the context: ${JSON.stringify(path)}`)
  }

  /** The number of a path; -1 for what is ignored, not there, a socket, or behind a symlink. */
  #find(path: LayerPath): number {
    const number = this.#nodes.number(path)
    if (!this.#nodes.seen(number)) {
      const isReachable = path === '' || this.#isDirectory(this.#find(parentOf(path)))
      this.#look(number, path, () => (isReachable ? this.#files.lstat(path) : undefined))
    }
    return this.#nodes.isThere(number) ? number : -1
  }

  #isDirectory(number: number): boolean {
    return number >= 0 && this.#nodes.type(number) === 'dir'
  }

  #children(path: LayerPath): Int32Array {
    const number = this.#find(path)
    if (!this.#isDirectory(number)) return noChildren
    return this.#nodes.lists.has(number) ? this.#nodes.lists.get(number) : this.#load(number, path)
  }

  /** Reads a directory with all that can be seen in it. */
  #load(directory: number, path: LayerPath): Int32Array {
    const lstat = this.#files.lstatIn(path)
    const { size } = this.#nodes.signature(directory)
    const found: number[] = []
    for (const name of this.#files.list(path, { folder: this.#cache.folder, size })) {
      const number = this.#nodes.number(name, directory)
      this.#nodes.setNamed(number)
      if (!this.#nodes.seen(number)) this.#look(number, joinPath(path, name), () => lstat(name))
      if (this.#nodes.isThere(number)) found.push(number)
    }
    const visible = Int32Array.from(found)
    this.#nodes.lists.set(directory, visible)
    return visible
  }

  #look(number: number, path: LayerPath, lstat: () => Stats | undefined): void {
    const ignored = this.#rules !== undefined && path !== '' && this.#isIgnored(path)
    const stats = ignored && !this.#mayContainIncluded(path) ? undefined : lstat()
    const type = stats === undefined ? undefined : typeOf(stats)
    if (stats === undefined || type === undefined) return this.#nodes.setAbsent(number)
    // An ignored directory is there when something in it is included again.
    if (ignored && (type !== 'dir' || this.#load(number, path).length === 0)) return this.#nodes.setAbsent(number)
    const linkname = type === 'symlink' ? this.#files.readlink(path) : ''
    this.#nodes.set(number, { type, stats, linkname, ...this.#knownOf(path, type, stats) })
  }

  #knownOf(path: LayerPath, type: EntryType, stats: Stats): Pick<Found, 'remembered' | 'learned'> {
    const isKept = type === 'file' || type === 'dir'
    const remembered = isKept ? this.#cache.find(path, stats) : undefined
    if (remembered !== undefined) return { remembered, learned: undefined }
    const readAt = Date.now()
    const xattrs = isKept ? this.#files.xattrs(path) : noXattrs
    return { remembered: undefined, learned: { xattrs, mtime: this.#files.mtime(path), readAt } }
  }

  #mayContainIncluded(path: LayerPath): boolean {
    return this.#rules !== undefined && this.#rules.mayContainIncluded(path)
  }

  #isIgnored(path: LayerPath): boolean {
    return this.#rules?.decide(path, this.#stateOf(parentOf(path))).ignored === true
  }

  #stateOf(directory: LayerPath): IgnoreState | undefined {
    if (directory === '' || this.#rules === undefined) return undefined
    let state = this.#states.get(directory)
    if (state === undefined) {
      state = this.#rules.enter(directory, this.#stateOf(parentOf(directory)))
      if (this.#states.size >= keptStates) this.#states.clear()
      this.#states.set(directory, state)
    }
    return state
  }
}

const noChildren = new Int32Array()
const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()
