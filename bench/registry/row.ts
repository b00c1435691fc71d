import type { ServerRow } from '../servers/row.ts'
import type { RegistryContender } from './contender.ts'

/** A row of the benchmark of registries. */
export type RegistryRow = ServerRow<RegistryContender>
