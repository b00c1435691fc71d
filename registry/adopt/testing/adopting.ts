import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { createService, type ServiceOptions } from '../../service/create-service.ts'
import type { RegistryService } from '../../service/types.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import { openFileDriver } from '../../storage/file-driver.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import type { Adoption, AdoptionStatus } from '../adoption.ts'
import { openAdopted } from '../open-adopted.ts'
import { type TreeWriter, writeTree } from './write-tree.ts'

export interface Adopting {
  readonly folder: string
  readonly root: string
  readonly tree: TreeWriter
  readonly metadata: RowStore
  readonly driver: BlobDriver
  readonly service: RegistryService
  readonly adoption: Adoption
  readonly warnings: string[]
  /** Begins to take over, and waits until all is. */
  finish(): Promise<AdoptionStatus>
  /** Closes all and opens it again. */
  again(): Promise<Adopting>
}

/** A registry with a tree beside it, both in the folder, which it does not know of yet. */
export async function adopting(
  t: ExecutionContext,
  folder: string,
  options: Partial<ServiceOptions> = {},
): Promise<Adopting> {
  mkdirSync(join(folder, 'root'))
  return open(t, { folder, tree: writeTree(folder), metadata: lastingMetadata() }, options)
}

/** Not closed with a service: the next one goes on with it. */
function lastingMetadata(): RowStore {
  return { ...createMemoryMetadata(), close: async () => undefined }
}

async function open(
  t: ExecutionContext,
  { folder, tree, metadata }: Pick<Adopting, 'folder' | 'tree' | 'metadata'>,
  options: Partial<ServiceOptions>,
): Promise<Adopting> {
  const root = join(folder, 'root')
  const driver = options.driver ?? (await openFileDriver(root, { durability: 'relaxed' }))
  const inner = await createService({ limits: { reserve: 0 }, ...options, driver, metadata })
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (text: string) => void warnings.push(text) }
  const { service, adoption } = await openAdopted({ service: inner, metadata, log })
  t.teardown(() => service.close())
  return {
    folder,
    root,
    tree,
    metadata,
    driver,
    service,
    adoption,
    warnings,
    finish: async () => {
      adoption.begin()
      return ended(adoption)
    },
    again: async () => {
      await service.close()
      return open(t, { folder, tree, metadata }, options)
    },
  }
}

/** Waits until all is taken over. */
async function ended(adoption: Pick<Adoption, 'status'>): Promise<AdoptionStatus> {
  for (const end = Date.now() + 30_000; ; await sleep(5)) {
    const status = await adoption.status()
    if (status?.state === 'done') return status
    if (Date.now() > end) throw new Error(`it does not end: ${JSON.stringify(status)}`)
  }
}
