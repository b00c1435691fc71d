import { checkOptions } from '../../builder/check-options.ts'
import type { Difference } from '../../builder/container/compare-entries.ts'
import { ownPair, type TreePair } from '../../builder/container/diff-subjects.ts'
import { type Change, diffViews } from '../../builder/container/diff-views.ts'
import { findSubject, viewOf } from '../../builder/container/subject.ts'
import type { EntryType, LayerEntry } from '../../builder/layers/entry.ts'
import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { AbortOptions } from './options.ts'
import { type ImagePath, imagePath } from './path.ts'
import { readLocked } from './save.ts'
import type { SourceOptions } from './source.ts'

/** What `diff` compares. */
export interface DiffOptions extends SourceOptions, AbortOptions {
  /**
   * What `source` is compared with, by the name of an image or container. Without it a container is compared with its image,
   * and an image with itself without its last layer.
   */
  readonly with?: string
  /** Instead of `with`: what the layer of this number changed; the base has 1. */
  readonly layer?: number
  /** Modification times count too. */
  readonly times?: boolean
}

/** What happened to a path. Types and sizes are those of the file before and after. */
export interface PathChange extends ImagePath {
  readonly kind: 'added' | 'changed' | 'deleted'
  readonly before?: PathState
  readonly after?: PathState
  /** Of `changed`; empty for a directory that only has changes inside. */
  readonly differences?: readonly Difference[]
}

/** What is at a path. */
export interface PathState {
  readonly type: EntryType
  /** Bytes of a file, else 0. */
  readonly size: number
}

/**
 * What differs between two root filesystems, in the order of paths, as `docker diff` tells it. Nothing happens before it is
 * read. Errors, when read: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`, `CANCELLED`; `USAGE` for a layer that is
 * not there.
 */
export function diff(options: DiffOptions): AsyncIterable<PathChange> {
  checkOptions('diff', options, ['root', 'source'])
  return readLocked(options, async (store) => {
    const { before, after } = pairOf(store, options)
    return changesOf(diffViews(before, after, { times: options.times === true }))
  })
}

function pairOf(store: Store, { source, with: other, layer }: DiffOptions): TreePair {
  const subject = findSubject(store, source)
  if (other === undefined) return ownPair(store, subject, layer)
  if (layer !== undefined) throw new IbuildError('USAGE', 'layer looks into one image, and two are named')
  return { before: viewOf(store, subject), after: viewOf(store, findSubject(store, other)) }
}

async function* changesOf(changes: Iterable<Change>): AsyncGenerator<PathChange> {
  for (const change of changes) yield pathChange(change)
}

function pathChange(change: Change): PathChange {
  return {
    ...imagePath(change.path),
    kind: change.kind,
    ...('before' in change && { before: stateOf(change.before) }),
    ...('after' in change && { after: stateOf(change.after) }),
    ...('differences' in change && { differences: change.differences }),
  }
}

function stateOf({ type, size }: LayerEntry): PathState {
  return { type, size }
}
