import { constants, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import { lsetxattr, mknod } from '../../shared/sys/native.ts'
import { type Abilities, applyMetadata, createEntry, extractionError } from './create-entry.ts'
import { type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import type { LayerIndex } from './index-types.ts'
import { hostPath, type LayerRef } from './layer-ref.ts'
import { opaqueAttribute } from './overlay-marks.ts'
import { plainDirectory } from './plain-directory.ts'
import { StackContents } from './stack-contents.ts'
import { turns } from './turns.ts'
import { createView, type RootfsView } from './view.ts'

export interface ExtractRequest {
  readonly layer: LayerRef
  /** The layers under it. */
  readonly below: RootfsView
  /** An empty directory. */
  readonly target: Buffer | string
  /** Stops the work: its reason is thrown. */
  readonly signal?: AbortSignal | undefined
}

const root: Abilities = { owners: true, devices: true }

/**
 * Makes `target` usable as a lower directory of an overlay mount on top of the extracted layers below: whiteouts are
 * devices 0/0, opaque directories are marked, directories without an entry have the metadata that they have below, files
 * go where links of lower layers lead, and hardlinks into lower layers are copies. Contents are verified. Needs root.
 *
 * Nothing is written outside of `target` or through a link: it is empty at the start, everything is made new, and an index
 * has nothing inside anything but directories. Errors: SYSTEM_CALL, DISK_FULL, LAYER_INVALID, DIGEST_MISMATCH; what was
 * extracted so far stays.
 */
export async function extractLayer(request: ExtractRequest): Promise<void> {
  const { layer, below, target, signal } = request
  if (readdirSync(target).length > 0) throw new Error('a layer is extracted to an empty directory')
  const extraction = new LayerExtraction(createView([...below.layers, layer]), target, signal)
  try {
    await extraction.run()
  } catch (error) {
    throw extractionError(error, `layer ${layer.diffID}`)
  } finally {
    extraction.close()
  }
}

class LayerExtraction {
  readonly #view: RootfsView
  readonly #layer: number
  readonly #index: LayerIndex
  readonly #target: Buffer | string
  readonly #signal: AbortSignal | undefined
  readonly #contents: StackContents
  /** Directories made, with what they get in the end, outer ones first. */
  readonly #dirs = new Map<LayerPath, LayerEntry>()
  readonly #links: LayerEntry[] = []
  /** The first extracted name of a file of a lower layer. */
  readonly #copies = new Map<string, LayerPath>()

  constructor(view: RootfsView, target: Buffer | string, signal: AbortSignal | undefined) {
    this.#view = view
    this.#layer = view.layers.length - 1
    this.#index = view.placed(this.#layer)
    this.#target = target
    this.#signal = signal
    this.#contents = new StackContents(view.layers, signal)
  }

  close(): void {
    this.#contents.close()
  }

  async run(): Promise<void> {
    const turn = turns()
    this.#dirs.set('', this.#view.lstat('') ?? plainDirectory(''))
    for (const record of this.#index.entries()) {
      await this.#record(record)
      await turn()
      this.#signal?.throwIfAborted()
    }
    for (const link of this.#links) await this.#link(link)
    for (const [path, entry] of [...this.#dirs].reverse()) applyMetadata(this.#at(path), entry, root)
  }

  async #record(record: LayerEntry): Promise<void> {
    const { path } = record
    if (record.type === 'whiteout') return this.#whiteout(record)
    if (record.type === 'dir') return this.#directory(path)
    this.#directory(parentOf(path))
    if (record.type === 'hardlink') this.#links.push(record)
    else if (isWhiteoutDevice(record)) this.#hide(path)
    else
      await createEntry(this.#at(path), record, {
        abilities: root,
        content: () => this.#contents.of(this.#layer, record),
      })
  }

  #whiteout(record: LayerEntry): void {
    if (record.opaque) return this.#directory(record.path)
    this.#directory(parentOf(record.path))
    const { entry, implicit } = this.#index.find(record.path)
    if (entry === undefined && !implicit) this.#hide(record.path)
  }

  /** Where nothing is below no mark must be made: a directory that is not merged would list it as a file. */
  #hide(path: LayerPath): void {
    if (this.#hidesSomething(path)) mknod(this.#at(path), constants.S_IFCHR, 0, 0)
  }

  #hidesSomething(path: LayerPath): boolean {
    for (let at = path; at !== ''; ) {
      at = parentOf(at)
      const { opaque, whiteout } = this.#index.find(at)
      if (opaque || whiteout) return false
    }
    return this.#view.below(this.#layer).lstat(path) !== undefined
  }

  /** Makes a directory and those above it, when they are not there yet. */
  #directory(path: LayerPath): void {
    if (this.#dirs.has(path)) return
    this.#directory(parentOf(path))
    const entry = this.#view.lstat(path)
    if (entry?.type !== 'dir') throw missing(path)
    mkdirSync(this.#at(path), 0o700)
    this.#dirs.set(path, entry)
    const { opaque, whiteout } = this.#index.find(path)
    if (opaque || whiteout) lsetxattr(this.#at(path), opaqueAttribute, Buffer.from('y'))
  }

  async #link(record: LayerEntry): Promise<void> {
    const origin = this.#view.origin(record.path)
    if (origin === undefined) throw missing(record.path)
    if (origin.layer === this.#layer) return linkSync(this.#at(origin.entry.path), this.#at(record.path))
    const file = `${origin.layer}:${origin.entry.path}`
    const copied = this.#copies.get(file)
    if (copied !== undefined) return linkSync(this.#at(copied), this.#at(record.path))
    this.#copies.set(file, record.path)
    const content = () => this.#contents.of(origin.layer, origin.entry)
    return createEntry(this.#at(record.path), origin.entry, { abilities: root, content })
  }

  #at(path: LayerPath): Buffer {
    return hostPath(this.#target, path)
  }
}

/** A device 0/0 in an image: no overlay can show it, it only hides what is below. */
function isWhiteoutDevice({ type, devMajor, devMinor }: LayerEntry): boolean {
  return type === 'char' && devMajor === 0 && devMinor === 0
}

function missing(path: LayerPath): IbuildError {
  return new IbuildError(
    'LAYER_INVALID',
    `the layer's ${JSON.stringify(path.slice(0, 200))} is not what its index says`,
  )
}
