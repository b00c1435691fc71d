import type { RowStore } from '../../shared/rows/row-store.ts'
import { createCatalogCursor } from '../service/catalog-cursor.ts'
import type { RegistryService } from '../service/types.ts'
import { adoptedService } from './adopted-service.ts'
import { type Adoption, openAdoption } from './adoption.ts'

export interface AdoptedRegistry {
  /** With what the tree has that is being taken over. Closing it ends that until it is opened again. */
  readonly service: RegistryService
  readonly adoption: Adoption
}

export interface OpenAdoptedParts {
  readonly service: RegistryService
  /** Of the service. */
  readonly metadata: RowStore
  readonly log: { info(message: string): void; warn(message: string): void }
}

/** Goes on with what an earlier process was told to take over; nothing is read of it until it is asked for, or begun. */
export async function openAdopted({ service, metadata, log }: OpenAdoptedParts): Promise<AdoptedRegistry> {
  const adoption = await openAdoption({
    metadata,
    takeOver: service.takeOver,
    onNotice: (message) => log.info(message),
    onWarning: (message) => log.warn(message),
  })
  const cursor = await createCatalogCursor(metadata)
  const source: typeof adoption.source = () => adoption.source()
  const sourceFor: typeof adoption.sourceFor = (name) => adoption.sourceFor(name)
  const adopted = adoptedService({ service, takeOver: service.takeOver, cursor, source, sourceFor })
  const close = async (): Promise<void> => {
    await adoption.close()
    await service.close()
  }
  return { adoption, service: Object.defineProperty(adopted, 'close', { value: close, enumerable: true }) }
}
