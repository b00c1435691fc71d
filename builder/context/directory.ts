import { realpathSync, type Stats, statSync } from 'node:fs'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { type EntryType, joinPath, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { ContextFiles, changedError } from './context-files.ts'
import { digestFile, digestOfBytes, readPieces, readSmall, readVerified, smallFileSize } from './file-content.ts'
import { HashCache, type Known } from './hash-cache.ts'
import { hashFiles } from './hash-files.ts'
import type { IgnoreRules, IgnoreState } from './ignore.ts'
import { loadIgnoreRules } from './ignore-file.ts'
import { entryOf, typeOf } from './stat-entry.ts'
import { isSettled, type StatSignature } from './stat-signature.ts'
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
  throw new IbuildError('CONTEXT_INVALID', `the build context ${JSON.stringify(root)} is not a directory`)
}

interface Node {
  entry: LayerEntry
  /** As of when it was looked at; of a file whose digest was remembered only when it is read after all. */
  signature: StatSignature | undefined
  /** Time before the content was read; undefined when its digest was remembered. */
  readAt: number | undefined
  readonly linkGroup: string | undefined
}

class DirectoryContext implements BuildContext {
  readonly #files: ContextFiles
  readonly #rules: IgnoreRules | undefined
  readonly #cache: HashCache
  readonly #nodes = new Map<LayerPath, Node | undefined>()
  readonly #lists = new Map<LayerPath, readonly string[]>()
  readonly #states = new Map<LayerPath, IgnoreState>()
  /** Whether any file seen so far has several names. */
  #hasLinks = false

  constructor(files: ContextFiles, rules: IgnoreRules | undefined, cache: HashCache) {
    this.#files = files
    this.#rules = rules === undefined || rules.isEmpty ? undefined : rules
    this.#cache = cache
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    return this.#node(path)?.entry
  }

  list(path: LayerPath): readonly string[] {
    const known = this.#lists.get(path)
    if (known !== undefined) return known
    if (this.#node(path)?.entry.type !== 'dir') return []
    return this.#load(path)
  }

  walk(directory: LayerPath): readonly LayerEntry[] {
    const entries: LayerEntry[] = []
    this.#collect(directory, entries)
    return entries
  }

  linkGroup(path: LayerPath): string | undefined {
    return this.#hasLinks ? this.#node(path)?.linkGroup : undefined
  }

  async digest(path: LayerPath): Promise<Digest> {
    const node = this.#fileNode(path)
    if (node.entry.digest !== undefined) return node.entry.digest
    const signature = this.#signatureOf(path, node)
    const readAt = Date.now()
    const digest = await digestFile({ files: this.#files, path, signature })
    this.#setDigest(node, { digest, readAt, signature })
    return digest
  }

  async digestAll(paths: readonly LayerPath[]): Promise<void> {
    const items: { path: LayerPath; signature: StatSignature; node: Node }[] = []
    for (const path of paths) {
      const node = this.#fileNode(path)
      if (node.entry.digest === undefined) items.push({ path, node, signature: this.#signatureOf(path, node) })
    }
    const hashed = await hashFiles(
      this.#files,
      items.map(({ path, signature }) => ({ path, signature })),
    )
    for (const [index, { node, signature }] of items.entries()) {
      const result = hashed[index]
      if (result !== undefined) this.#setDigest(node, { ...result, signature })
    }
  }

  read(path: LayerPath): Uint8Array | undefined {
    const node = this.#fileNode(path)
    if (node.entry.size > smallFileSize) return undefined
    const bytes = readSmall({ files: this.#files, path, signature: this.#signatureOf(path, node) })
    if (!this.#isVouched(node) && digestOfBytes(bytes) !== node.entry.digest) throw changedError(path)
    return bytes
  }

  async *open(path: LayerPath): AsyncGenerator<Uint8Array> {
    const digest = await this.digest(path)
    const small = this.read(path)
    if (small !== undefined) {
      yield small
      return
    }
    const node = this.#fileNode(path)
    const expected = { files: this.#files, path, signature: this.#signatureOf(path, node) }
    yield* this.#isVouched(node) ? readPieces(expected) : readVerified(expected, digest)
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
    this.#cache.save()
  }

  #collect(directory: LayerPath, entries: LayerEntry[]): void {
    for (const name of this.list(directory)) {
      const entry = this.#nodes.get(joinPath(directory, name))?.entry
      if (entry === undefined) continue
      entries.push(entry)
      if (entry.type === 'dir') this.#collect(entry.path, entries)
    }
  }

  #setDigest(node: Node, learned: { digest: Digest; readAt: number; signature: StatSignature }): void {
    node.entry = { ...node.entry, digest: learned.digest }
    node.readAt = learned.readAt
    const { path, xattrs, mtime } = node.entry
    this.#cache.set(path, { ...learned, xattrs, mtime })
  }

  /** True when an unchanged stat, compared before and after reading, proves that the content is what was hashed. */
  #isVouched({ entry, signature, readAt }: Node): boolean {
    if (entry.digest === undefined || signature === undefined) return false
    return readAt === undefined || isSettled(signature, readAt)
  }

  /** CONTEXT_CHANGED when a file whose digest was remembered is not that file any more. */
  #signatureOf(path: LayerPath, node: Node): StatSignature {
    if (node.signature === undefined) {
      const stats = this.#files.lstat(path)
      if (stats === undefined || this.#cache.get(path, stats) === undefined) throw changedError(path)
      node.signature = stats
    }
    return node.signature
  }

  #fileNode(path: LayerPath): Node {
    const node = this.#node(path)
    if (node?.entry.type !== 'file') throw new Error(`not a file of the context: ${JSON.stringify(path)}`)
    return node
  }

  /** What is at a path, undefined for what is ignored, not there, a socket, or behind a symlink. */
  #node(path: LayerPath): Node | undefined {
    const known = this.#nodes.get(path)
    if (known !== undefined || this.#nodes.has(path)) return known
    const isReachable = path === '' || this.#node(parentOf(path))?.entry.type === 'dir'
    const node = isReachable ? this.#visibleNode(path, () => this.#files.lstat(path)) : undefined
    this.#nodes.set(path, node)
    return node
  }

  /** Reads a directory with all that can be seen in it. */
  #load(path: LayerPath): readonly string[] {
    const all = this.#files.list(path)
    this.#cache.listed(path, all)
    const names: string[] = []
    const lstat = this.#files.lstatIn(path, all)
    for (const name of all.sort()) {
      const inner = joinPath(path, name)
      let node = this.#nodes.get(inner)
      if (node === undefined && !this.#nodes.has(inner)) {
        node = this.#visibleNode(inner, () => lstat(name))
        this.#nodes.set(inner, node)
      }
      if (node !== undefined) names.push(name)
    }
    this.#lists.set(path, names)
    return names
  }

  #visibleNode(path: LayerPath, lstat: () => Stats | undefined): Node | undefined {
    const ignored = this.#rules !== undefined && path !== '' && this.#isIgnored(path)
    if (ignored && !this.#mayContainIncluded(path)) return undefined
    const stats = lstat()
    const type = stats === undefined ? undefined : typeOf(stats)
    if (stats === undefined || type === undefined) return undefined
    // An ignored directory is there when something in it is included again.
    if (ignored && (type !== 'dir' || this.#load(path).length === 0)) return undefined
    return this.#makeNode(path, type, stats)
  }

  #makeNode(path: LayerPath, type: EntryType, stats: Stats): Node {
    const isKept = type === 'file' || type === 'dir'
    const known = (isKept ? this.#cache.get(path, stats) : undefined) ?? this.#learn(path, stats, isKept)
    const linkname = type === 'symlink' ? this.#files.readlink(path) : ''
    const entry = entryOf({ path, type, stats, linkname }, known)
    const linkGroup = type === 'file' && stats.nlink > 1 ? `${stats.dev}:${stats.ino}` : undefined
    if (linkGroup !== undefined) this.#hasLinks = true
    return { entry, signature: known.digest === undefined ? stats : undefined, readAt: undefined, linkGroup }
  }

  #learn(path: LayerPath, signature: StatSignature, isKept: boolean): Known {
    const readAt = Date.now()
    const learned = {
      xattrs: isKept ? this.#files.xattrs(path) : noXattrs,
      digest: undefined,
      mtime: this.#files.mtime(path),
    }
    if (isKept) this.#cache.set(path, { ...learned, signature, readAt })
    return learned
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
      this.#states.set(directory, state)
    }
    return state
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()
