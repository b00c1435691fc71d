import { findSubject, type Subject } from '../../builder/container/subject.ts'
import { findImage } from '../../builder/find-image.ts'
import type { Store } from '../../builder/store/types.ts'
import type { StoreOptions } from './options.ts'

/** Something with a root filesystem. */
export interface SourceOptions extends StoreOptions {
  /** A container, or an image as in `ImageOptions`; a name of both is the container. */
  readonly source: string
}

/** What that means. Errors: IMAGE_NOT_FOUND, REFERENCE_INVALID. */
export function subjectOf(store: Store, text: string): Subject {
  return findSubject(store, text, (name) => findImage(store, name))
}
