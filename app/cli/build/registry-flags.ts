import { declareRegistryFlags, isInsecure, type RegistryFlags } from '../registry-client.ts'
import type { FlagGroup } from './flag-group.ts'

/** How registries are spoken to; what is said here is heeded when one is first asked. */
export const registryFlags: FlagGroup<RegistryFlags> = {
  declare: declareRegistryFlags,
  toOptions: (flags) => {
    isInsecure(flags)
    return {}
  },
}
