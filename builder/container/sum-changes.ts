import type { LayerEntry } from '../layers/entry.ts'
import type { RootfsView } from '../layers/view.ts'
import type { Change } from './diff-views.ts'

/** A number of paths and the bytes of the files among them. */
export interface Sum {
  readonly paths: number
  readonly bytes: number
}

export interface ChangeSums {
  readonly added: Sum
  /** Directories that only have changes inside do not count. `bytes` is what they have now, `bytesBefore` what they had. */
  readonly changed: Sum & { readonly bytesBefore: number }
  /** With all that was in deleted directories. */
  readonly deleted: Sum
}

/** Adds up what `diffViews` tells; `before` is its first view. */
export function sumChanges(changes: Iterable<Change>, before: RootfsView): ChangeSums {
  const [added, changed, deleted] = [empty(), { ...empty(), bytesBefore: 0 }, empty()]
  for (const change of changes) {
    if (change.kind === 'added') add(added, change.after)
    else if (change.kind === 'deleted') {
      add(deleted, change.before)
      if (change.before.type === 'dir') for (const entry of before.walk(change.path)) add(deleted, entry)
    } else if (change.differences.length > 0) {
      add(changed, change.after)
      changed.bytesBefore += change.before.size
    }
  }
  return { added, changed, deleted }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function empty(): Mutable<Sum> {
  return { paths: 0, bytes: 0 }
}

function add(sum: Mutable<Sum>, { size }: LayerEntry): void {
  sum.paths++
  sum.bytes += size
}
