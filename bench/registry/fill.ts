import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseName } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { createMemoryDriver } from '../../registry/storage/memory-driver.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { RegistryName } from './contender.ts'

/** Names that are to be in a registry which has the manifest already. */
export interface Names {
  /** The bytes of the manifest to which all of them lead; it says its own type. */
  readonly manifest: Uint8Array
  /** Repositories that have it, without a tag. */
  readonly repositories: readonly string[]
  /** Tags of a repository that has it. */
  readonly tags: { readonly repository: string; readonly names: readonly string[] }
}

/**
 * Puts names into the data folder of a registry that does not run: a hundred thousand over HTTP, each of them durable before the
 * next, would take many minutes.
 */
export async function fill(name: RegistryName, root: string, names: Names): Promise<void> {
  if (name === 'ibuild') await fillOurs(root, names)
  else fillDistribution(root, names)
}

/** As many tags as one push can have. */
const atOnce = 100

/** By the service that answers requests, which syncs nothing here. */
async function fillOurs(root: string, { manifest: bytes, repositories, tags }: Names): Promise<void> {
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'relaxed' })
  const service = await createService({ metadata, driver: createMemoryDriver() })
  const put = async (repository: string, pushedTags: readonly string[]): Promise<unknown> =>
    service.manifests.put(parseName(repository), reference, { bytes, contentType: undefined, tags: pushedTags })
  const reference = { digest: digestOf(bytes) }
  for (let from = 0; from < tags.names.length; from += atOnce)
    await put(tags.repository, tags.names.slice(from, from + atOnce))
  for (const repository of repositories) await put(repository, [])
  await service.close()
}

/** The folders that distribution lists, and the file to which a tag leads; less than a push leaves there. */
function fillDistribution(root: string, { manifest, repositories, tags }: Names): void {
  const top = join(root, 'data/docker/registry/v2/repositories')
  const link = digestOf(manifest)
  for (const tag of tags.names) {
    const folder = join(top, tags.repository, '_manifests/tags', tag)
    mkdirSync(folder)
    mkdirSync(`${folder}/current`)
    writeFileSync(`${folder}/current/link`, link)
  }
  for (const repository of repositories) mkdirSync(join(top, repository, '_manifests'), { recursive: true })
}
