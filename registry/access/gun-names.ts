import { isName, type RepositoryName } from '../protocol/names.ts'

/**
 * Relates repositories to trusted collections. A collection's name (GUN) carries a host, `registry.example.org:5000/team/app`; that of
 * its repository does not: `team/app`.
 */
export interface GunNames {
  /** Names of this registry for its clients, with the port where they write one: `localhost:5000`. */
  readonly hosts: readonly string[]
  /** The repository of a collection; undefined when its host is not exactly one of `hosts`, or what follows is no repository's name. */
  readonly repositoryOf: (gun: string) => RepositoryName | undefined
  /** The collections that a repository may have: one for each of `hosts`, in their order. */
  readonly gunsOf: (name: RepositoryName) => readonly string[]
}

/** For a registry with these names. */
export function gunNames(hosts: readonly string[]): GunNames {
  const own = [...new Set(hosts)]
  const known = new Set(own)
  return {
    hosts: own,
    repositoryOf(gun) {
      const slash = gun.indexOf('/')
      const name = gun.slice(slash + 1)
      return slash > 0 && known.has(gun.slice(0, slash)) && isName(name) ? name : undefined
    },
    gunsOf: (name) => own.map((host) => `${host}/${name}`),
  }
}
