import { smallFile } from '../content.ts'
import type { LayerEntry, LayerPath } from '../entry.ts'
import type { LayerRef } from '../layer-ref.ts'
import type { LayerMember } from '../layer-writer.ts'
import { tellManyIn } from '../many-records.ts'
import { plainDirectory } from '../plain-directory.ts'
import { StackContents } from '../stack-contents.ts'
import { createView, type Origin, type RootfsView } from '../view.ts'
import { LinkNames } from './link-names.ts'
import { type RunPath, runPaths } from './run-paths.ts'

/** A run of layers as the members of one layer, in the order of records. */
export interface MergedRun {
  /**
   * To be gone through once; a content is valid until the next member is asked for. Contents are checked while they are
   * read. Errors: LAYER_INVALID, INDEX_INVALID, DIGEST_MISMATCH.
   */
  readonly members: Iterable<LayerMember>
  /** Closes the files of contents. */
  close(): void
}

/**
 * Merges the layers from number `from` on to one that does the same on top of those below, which are looked into but not
 * merged. The last writer of a path wins. A whiteout or an opaque mark is left only where it hides something below; an
 * entry only where the last layer still has it. Of a file with several names the first one carries the content, unless it
 * is a file of below that is still there. Nothing is extracted; equal layers give equal members. After an abort of `signal`
 * the reading of a content stops with its reason.
 */
export function mergeRun(layers: readonly LayerRef[], from: number, signal?: AbortSignal): MergedRun {
  tellManyIn(layers.slice(from))
  const merge = new RunMerge(createView(layers), from, signal)
  return { members: merge.members(), close: () => merge.close() }
}

class RunMerge {
  readonly #view: RootfsView
  readonly #from: number
  readonly #below: RootfsView
  readonly #links: LinkNames
  readonly #contents: StackContents

  constructor(view: RootfsView, from: number, signal: AbortSignal | undefined) {
    this.#view = view
    this.#from = from
    this.#below = view.below(from)
    this.#links = new LinkNames(view, from)
    this.#contents = new StackContents(view.layers, signal, Buffer.allocUnsafeSlow(smallFile))
  }

  *members(): Generator<LayerMember> {
    for (const at of runPaths(this.#view, this.#from)) {
      const member = this.#member(at)
      if (member !== undefined) yield member
    }
  }

  close(): void {
    this.#contents.close()
  }

  #member(at: RunPath): LayerMember | undefined {
    if (at.kind === 'dir') return this.#directory(at)
    if (at.own !== undefined) return this.#file(at.path, at.own)
    if (!at.parentOpen || this.#below.lstat(at.path) === undefined) return undefined
    return { entry: mark(at.path, false) }
  }

  #directory(at: RunPath): LayerMember | undefined {
    const opaque = at.parentOpen && !at.open && this.#isFilledBelow(at.path)
    if (at.own !== undefined) return { entry: { ...at.own.entry, opaque } }
    const isBelow = at.fromBelow && this.#below.lstat(at.path)?.type === 'dir'
    if (!isBelow) return { entry: { ...plainDirectory(at.path), opaque } }
    return opaque ? { entry: mark(at.path, true) } : undefined
  }

  #isFilledBelow(path: LayerPath): boolean {
    for (const _name of this.#below.names(path)) return true
    return false
  }

  #file(path: LayerPath, own: Origin): LayerMember {
    const origin = this.#links.originOf(own)
    const target = this.#links.targetOf(own, origin)
    if (target !== undefined) return { entry: linkTo(origin.entry, path, target) }
    const entry = { ...origin.entry, path, dataOffset: -1 }
    if (entry.type !== 'file' || entry.size === 0) return { entry }
    return { entry, content: this.#contents.of(origin.layer, origin.entry), verified: true }
  }
}

/** A whiteout, or the mark of an opaque directory without an entry: without owner and time, as all that are made here. */
function mark(path: LayerPath, opaque: boolean): LayerEntry {
  return { ...plainDirectory(path), type: 'whiteout', mode: 0, opaque }
}

function linkTo(entry: LayerEntry, path: LayerPath, linkname: LayerPath): LayerEntry {
  const none = { size: 0, digest: undefined, dataOffset: -1, devMajor: 0, devMinor: 0 }
  return { ...entry, ...none, path, type: 'hardlink', linkname }
}
