import type { Store } from '../store/types.ts'
import { findContainer } from './find-container.ts'

/** Removes the container of that name, also one that is damaged. Errors: CONTAINER_NOT_FOUND with a similar name, USAGE. */
export async function removeContainer(store: Store, name: string): Promise<void> {
  if (!(await store.containers.remove(name))) findContainer(store, name)
}
