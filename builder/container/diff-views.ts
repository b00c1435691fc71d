import { joinPath, type LayerEntry, type LayerPath } from '../layers/entry.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import type { RootfsView } from '../layers/view.ts'
import { type CompareOptions, compareEntries, type Difference } from './compare-entries.ts'
import { pairNames } from './pair-names.ts'
import { directoryKeys } from './same-directory.ts'

/** What happened to a path. */
export type Change =
  | { readonly kind: 'added'; readonly path: LayerPath; readonly after: LayerEntry }
  | { readonly kind: 'deleted'; readonly path: LayerPath; readonly before: LayerEntry }
  | {
      readonly kind: 'changed'
      readonly path: LayerPath
      readonly before: LayerEntry
      readonly after: LayerEntry
      /** Empty for a directory that only has changes inside. */
      readonly differences: readonly Difference[]
    }

/**
 * What leads from one tree to another, in the order of paths: a directory, then what is in it. As `docker diff` has it, a
 * directory with changes inside has changed itself (but not the root), all that is in a new directory is new, and what
 * was in one that is gone is not named; of one that something else took the place of, its own children are. Directories
 * that come from the same layers are not entered; what is held is one path, whatever the size of the trees.
 */
export function* diffViews(a: RootfsView, b: RootfsView, options: CompareOptions = {}): Generator<Change> {
  const walk = new DiffWalk(a, b, options)
  const [before, after] = [a.lstat('') ?? plainDirectory(''), b.lstat('') ?? plainDirectory('')]
  const differences = compareEntries(before, after, options)
  if (differences.length > 0) yield { kind: 'changed', path: '', before, after, differences }
  yield* walk.inside('', undefined)
}

/** A directory that is on both sides, not told of yet. */
type Pending = Change & { readonly kind: 'changed' }

class DiffWalk {
  readonly #a: RootfsView
  readonly #b: RootfsView
  readonly #options: CompareOptions
  readonly #isSame: (path: LayerPath) => boolean

  constructor(a: RootfsView, b: RootfsView, options: CompareOptions) {
    this.#a = a
    this.#b = b
    this.#options = options
    this.#isSame = directoryKeys(a, b)
  }

  /** Changes below a directory; `own` comes before the first of them. */
  *inside(directory: LayerPath, own: Pending | undefined): Generator<Change> {
    if (this.#isSame(directory)) return
    let told = own === undefined
    for (const { name, inA, inB } of pairNames(this.#a.names(directory), this.#b.names(directory))) {
      const path = joinPath(directory, name)
      const before = inA ? this.#a.lstat(path) : undefined
      const after = inB ? this.#b.lstat(path) : undefined
      for (const change of this.#at(path, before, after)) {
        if (!told && own !== undefined) yield own
        told = true
        yield change
      }
    }
  }

  *#at(path: LayerPath, before: LayerEntry | undefined, after: LayerEntry | undefined): Generator<Change> {
    if (before === undefined) {
      if (after !== undefined) yield* this.#added(path, after)
      return
    }
    if (after === undefined) return yield { kind: 'deleted', path, before }
    const differences = compareEntries(before, after, this.#options)
    const change: Pending = { kind: 'changed', path, before, after, differences }
    if (differences.length > 0) yield change
    if (before.type === 'dir' || after.type === 'dir')
      yield* this.inside(path, differences.length > 0 ? undefined : change)
  }

  *#added(path: LayerPath, after: LayerEntry): Generator<Change> {
    yield { kind: 'added', path, after }
    if (after.type !== 'dir') return
    for (const entry of this.#b.walk(path)) yield { kind: 'added', path: entry.path, after: entry }
  }
}
