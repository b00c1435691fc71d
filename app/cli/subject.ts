import { findSubject, type Subject } from '../../builder/container/subject.ts'
import type { Container, Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { imageOf } from './open-store.ts'

/** The container or image that a word means; a container's name wins. Errors: IMAGE_NOT_FOUND, REFERENCE_INVALID. */
export function subjectOf(store: Store, text: string): Subject {
  return findSubject(store, text, (name) => imageOf(store, name))
}

/** Errors: CONTAINER_NOT_FOUND with a similar name, USAGE. */
export function containerOf(store: Store, name: string): Container {
  return store.containers.get(name) ?? failUnknown(store, name)
}

/** The error of a name that no container has. */
export function failUnknown(store: Store, name: string): never {
  const similar = suggest(
    name,
    store.containers.list().map((container) => container.name),
  )
  throw new IbuildError('CONTAINER_NOT_FOUND', `no container ${JSON.stringify(name)} in ${store.root}`, {
    ...(similar !== undefined && { hint: `Did you mean ${similar}?` }),
  })
}
