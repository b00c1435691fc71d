import type { RegistryContents } from '../../registry/inventory/types.ts'
import type { InUseReports } from '../../retention/http/types.ts'

/** Where clusters and daemons tell what they run of a registry. */
export function inUseReports({ inUse }: Pick<RegistryContents, 'inUse'>): InUseReports {
  return {
    report: (reporter, said) => inUse.put(reporter, said),
    list: () => inUse.list(),
  }
}
