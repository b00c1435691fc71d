import type { ServerField } from '../servers/row.ts'
import { collectionRows } from './collections.ts'
import { type RegistryContender, registryNames, startContender } from './contender.ts'
import { listingRows } from './listings.ts'
import { requestRows } from './requests.ts'
import { startRows } from './starts.ts'
import { transferRows } from './transfers.ts'

/** Registries, and what is measured of them. */
export const registryField: ServerField<RegistryContender> = {
  rows: [...requestRows, ...transferRows, ...listingRows, ...collectionRows, ...startRows],
  names: registryNames,
  reference: 'distribution',
  start: startContender,
}
