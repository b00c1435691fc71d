import type { Collector } from '../../gc/collector.ts'
import { parseTarget } from '../../gc/explain.ts'
import type { RegistryAdmin } from './types.ts'

/** What operators may ask of the garbage collection. */
export function gcAdmin(gc: Collector): Pick<RegistryAdmin, 'gcStatus' | 'gcRun' | 'gcExplain'> {
  return {
    gcStatus: () => gc.status(),
    gcRun: (isNow) => gc.run({ isNow }),
    gcExplain: async (target) => gc.explain(parseTarget(target)),
  }
}
