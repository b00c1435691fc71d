import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { Container, Store } from '../store/types.ts'

/** The container of that name. Errors: CONTAINER_NOT_FOUND with a similar name, USAGE. */
export function findContainer(store: Store, name: string): Container {
  const found = store.containers.get(name)
  if (found !== undefined) return found
  const similar = suggest(
    name,
    store.containers.scan().containers.map((container) => container.name),
  )
  throw new IbuildError('CONTAINER_NOT_FOUND', `no container ${JSON.stringify(name)} in ${store.root}`, {
    ...(similar !== undefined && { hint: `Did you mean ${similar}?` }),
  })
}
