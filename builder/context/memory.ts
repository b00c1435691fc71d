import type { Digest } from '../../shared/base/digest.ts'
import { baseOf, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import { digestOfBytes } from './file-content.ts'
import type { BuildContext } from './types.ts'

/** An entry of a {@link memoryTree}; `content` is needed for a file that is not empty. */
export interface MemoryMember {
  readonly entry: LayerEntry
  readonly content?: Uint8Array | (() => AsyncIterable<Uint8Array>)
  /** The same for all names of one file. */
  readonly linkGroup?: string | undefined
}

/** A file for {@link memoryFiles}. */
export interface MemoryFile {
  readonly path: LayerPath
  readonly content: Uint8Array
  /** Default 0644. */
  readonly mode?: number
}

/**
 * A context of entries at hand; the last one of a path counts. Directories that are not among them are implied: 0755 with
 * time 0. Files need their digest in the entry. `release` runs at close.
 */
export function memoryTree(members: Iterable<MemoryMember>, release: () => void = () => undefined): BuildContext {
  const tree = new MemoryTree(release)
  for (const member of members) tree.add(member)
  return tree
}

/** A context of a few files, all with one time (nanoseconds); none for a Dockerfile that came without a context. */
export function memoryFiles(files: readonly MemoryFile[], mtime: bigint): BuildContext {
  return memoryTree(
    files.map(({ path, content, mode = 0o644 }) => {
      const digest = digestOfBytes(content)
      return { entry: { ...plainDirectory(path), type: 'file', mode, mtime, size: content.length, digest }, content }
    }),
  )
}

class MemoryTree implements BuildContext {
  readonly #members = new Map<LayerPath, MemoryMember>([['', { entry: plainDirectory('') }]])
  readonly #children = new Map<LayerPath, Set<string>>()
  readonly #lists = new Map<LayerPath, readonly string[]>()
  readonly #release: () => void

  constructor(release: () => void) {
    this.#release = release
  }

  add(member: MemoryMember): void {
    const { path } = member.entry
    if (path !== '') this.#addParents(path)
    this.#members.set(path, member)
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    return this.#members.get(path)?.entry
  }

  list(path: LayerPath): readonly string[] {
    if (this.lstat(path)?.type !== 'dir') return []
    let names = this.#lists.get(path)
    if (names === undefined) {
      names = [...(this.#children.get(path) ?? [])].sort((a, b) => (a < b ? -1 : 1))
      this.#lists.set(path, names)
    }
    return names
  }

  digest(path: LayerPath): Promise<Digest> {
    const digest = this.lstat(path)?.digest
    if (digest === undefined) throw new Error(`not a file with a digest: ${JSON.stringify(path)}`)
    return Promise.resolve(digest)
  }

  async *open(path: LayerPath): AsyncGenerator<Uint8Array> {
    const content = this.#members.get(path)?.content
    if (content instanceof Uint8Array) yield content
    else if (content !== undefined) yield* content()
  }

  linkGroup(path: LayerPath): string | undefined {
    return this.#members.get(path)?.linkGroup
  }

  describeIgnored(): undefined {
    return undefined
  }

  close(): void {
    this.#release()
  }

  #addParents(path: LayerPath): void {
    const parent = parentOf(path)
    const siblings = this.#children.get(parent)
    if (siblings === undefined) this.#children.set(parent, new Set([baseOf(path)]))
    else siblings.add(baseOf(path))
    this.#lists.delete(parent)
    if (this.#members.has(parent)) return
    this.#addParents(parent)
    this.#members.set(parent, { entry: plainDirectory(parent) })
  }
}
