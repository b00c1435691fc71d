import { linkSync, lstatSync, mkdirSync, rmSync, unlinkSync } from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { type Abilities, applyMetadata, createEntry, extractionError } from './create-entry.ts'
import type { LayerEntry, LayerPath } from './entry.ts'
import { hostPath } from './layer-ref.ts'
import { StackContents } from './stack-contents.ts'
import { turns } from './turns.ts'
import type { RootfsView } from './view.ts'

/** What could not be made as it is in the image, because the user is not root. */
export interface ExtractReport {
  /** Entries of another owner than the user. */
  readonly owners: number
  /** Device nodes, left out. */
  readonly devices: readonly LayerPath[]
}

export interface ExtractOptions {
  /** Stops the work: its reason is thrown, and what was written stays. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a whole tree into a plain directory: no overlay marks, hardlinks kept, contents verified. What is in the
 * directory stays, unless the tree has something else at the same path; the directory itself keeps owner, mode and time. As another user than root all files are the
 * user's, and devices and privileged attributes are left out. Errors: SYSTEM_CALL, DISK_FULL, LAYER_INVALID,
 * DIGEST_MISMATCH.
 */
export async function extractTree(
  view: RootfsView,
  target: Buffer | string,
  { signal }: ExtractOptions = {},
): Promise<ExtractReport> {
  const isRoot = process.geteuid?.() === 0
  const extraction = new TreeExtraction(view, target, { owners: isRoot, devices: isRoot, signal })
  try {
    return await extraction.run()
  } catch (error) {
    throw extractionError(error, 'the image')
  } finally {
    extraction.close()
  }
}

class TreeExtraction {
  readonly #view: RootfsView
  readonly #target: Buffer | string
  readonly #abilities: Abilities
  readonly #signal: AbortSignal | undefined
  readonly #contents: StackContents
  readonly #dirs: LayerEntry[] = []
  /** The first name of each group of hardlinks. */
  readonly #firstNames = new Map<string, LayerPath>()
  readonly #devices: LayerPath[] = []
  #owners = 0

  constructor(view: RootfsView, target: Buffer | string, options: Abilities & ExtractOptions) {
    this.#view = view
    this.#target = target
    this.#abilities = options
    this.#signal = options.signal
    this.#contents = new StackContents(view.layers, options.signal)
  }

  close(): void {
    this.#contents.close()
  }

  async run(): Promise<ExtractReport> {
    const turn = turns()
    for (const entry of this.#view.walk()) {
      await this.#entry(entry)
      await turn()
      this.#signal?.throwIfAborted()
    }
    for (const dir of this.#dirs.reverse()) applyMetadata(this.#at(dir.path), dir, this.#abilities)
    return { owners: this.#owners, devices: this.#devices }
  }

  async #entry(entry: LayerEntry): Promise<void> {
    if (!this.#abilities.owners && (entry.uid !== process.geteuid?.() || entry.gid !== process.getegid?.()))
      this.#owners++
    if (entry.type === 'dir') return this.#directory(entry)
    if (!this.#abilities.devices && (entry.type === 'char' || entry.type === 'block')) {
      this.#devices.push(entry.path)
      return
    }
    const file = this.#at(entry.path)
    removeAt(file)
    const first = this.#firstName(entry.path)
    if (first !== undefined) return linkSync(this.#at(first), file)
    return createEntry(file, entry, { abilities: this.#abilities, content: () => this.#contentOf(entry.path) })
  }

  /** A directory that is there stays; anything else, also a link to one, makes way. Its metadata comes last. */
  #directory(entry: LayerEntry): void {
    const file = this.#at(entry.path)
    if (!isDirectory(file)) {
      removeAt(file)
      mkdirSync(file, 0o700)
    }
    this.#dirs.push(entry)
  }

  /** The name that an earlier entry gave the same file; undefined for the first. */
  #firstName(path: LayerPath): LayerPath | undefined {
    const group = this.#view.linkGroup(path)
    if (group === undefined) return undefined
    const first = this.#firstNames.get(group)
    if (first === undefined) this.#firstNames.set(group, path)
    return first
  }

  #contentOf(path: LayerPath): Uint8Array | AsyncIterable<Uint8Array> {
    const origin = this.#view.origin(path)
    return origin === undefined ? new Uint8Array() : this.#contents.of(origin.layer, origin.entry)
  }

  #at(path: LayerPath): Buffer {
    return hostPath(this.#target, path)
  }
}

function isDirectory(file: Buffer): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Removes what is at a path, a whole directory too; links are not followed. */
function removeAt(file: Buffer): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    rmSync(file, { recursive: true, force: true })
  }
}
