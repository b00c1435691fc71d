import type { AccessRequest, AccessWish, Action, Authorize, Grant } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import type { Route } from '../protocol/route.ts'
import type { GunNames } from './gun-names.ts'

/** What a request for trusted collections needs. */
export type GunWish =
  | {
      readonly kind: 'collection'
      /** As the client wrote it. */
      readonly gun: string
      /** `*`, to rotate keys and to delete, is all that can be granted. */
      readonly actions: readonly ('pull' | 'push' | '*')[]
    }
  /** To be told of changes of all collections. */
  | { readonly kind: 'catalog' }
  /** `/v2/`, where clients are told how to log in. */
  | { readonly kind: 'base' }

/**
 * Decides on a request for trusted collections as on one for their repositories, with tokens that name the collection. Errors are
 * RegistryErrors: UNAUTHORIZED with `WWW-Authenticate` among its headers, DENIED, NAME_UNKNOWN for a collection of another registry.
 */
export type AuthorizeGun = (request: Omit<AccessRequest, 'route'>, wish: GunWish) => Promise<Grant>

export function gunAuthorize(authorize: Authorize, names: () => GunNames): AuthorizeGun {
  return async (request, wish) => {
    return authorize({ ...request, route: routes[wish.kind] }, accessOf(wish, names()))
  }
}

/** Those of the registry that rules and schemes treat alike. */
const routes: Readonly<Record<GunWish['kind'], Route>> = {
  collection: { kind: 'extensions', name: undefined },
  catalog: { kind: 'catalog' },
  base: { kind: 'base' },
}

function accessOf(wish: GunWish, names: GunNames): AccessWish {
  if (wish.kind === 'base') return { required: [], optional: [] }
  if (wish.kind === 'catalog') return { required: [{ kind: 'catalog' }], optional: [] }
  const name = names.repositoryOf(wish.gun)
  if (name === undefined) throw unknownHost(wish.gun, names)
  const actions = wish.actions.flatMap((action): readonly Action[] => (action === '*' ? everything : [action]))
  return { required: [{ kind: 'repository', name, actions, calledBy: wish.gun }], optional: [] }
}

const everything: readonly Action[] = ['pull', 'push', 'delete']

function unknownHost(gun: string, { hosts }: GunNames): RegistryError {
  const shown = JSON.stringify(gun.slice(0, 160))
  return new RegistryError(
    'NAME_UNKNOWN',
    `${shown} is no collection of a repository here: names of those begin with ${hosts.join('/ or ')}/`,
  )
}
