import type { RowStore } from '../../../shared/rows/row-store.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import { createMemoryDriver } from '../../storage/memory-driver.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import { createService, type ServiceOptions } from '../create-service.ts'
import type { RegistryService } from '../types.ts'

export interface MemoryRegistry {
  readonly service: RegistryService
  readonly driver: BlobDriver
  readonly metadata: RowStore
}

/** A whole registry without a disk, with what it stands on to look into. */
export async function memoryRegistry(options: Partial<ServiceOptions> = {}): Promise<MemoryRegistry> {
  const { driver = createMemoryDriver(), metadata = createMemoryMetadata() } = options
  return { driver, metadata, service: await createService({ ...options, driver, metadata }) }
}
