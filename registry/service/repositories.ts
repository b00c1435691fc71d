import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { linkRows, repositoryRows } from '../storage/rows.ts'

/** True for a repository that has a manifest, or at least a blob: somebody is pushing the first image. */
export async function hasRepository(metadata: RowStore, name: RepositoryName): Promise<boolean> {
  if ((await metadata.get(repositoryRows.key(name))) !== undefined) return true
  return (await metadata.list({ prefix: linkRows.prefix(name), limit: 1 })).length > 0
}

export function nameUnknown(name: RepositoryName): RegistryError {
  return new RegistryError('NAME_UNKNOWN', `no repository ${name}`, { detail: { name } })
}
