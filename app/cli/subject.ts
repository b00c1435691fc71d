import { findSubject, type Subject } from '../../builder/container/subject.ts'
import type { Store } from '../../builder/store/types.ts'
import { imageOf } from './open-store.ts'

/** The container or image that a word means; a container's name wins. Errors: IMAGE_NOT_FOUND, REFERENCE_INVALID. */
export function subjectOf(store: Store, text: string): Subject {
  return findSubject(store, text, (name) => imageOf(store, name))
}
