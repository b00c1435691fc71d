import type { Source } from '../../../retention/facts.ts'
import type { RetentionService } from '../../../retention/run/types.ts'

/** Retention of a source in the server that has the data folder open. Undefined when none runs. */
export async function retentionServed(_root: string, _source: Source): Promise<RetentionService | undefined> {
  return undefined
}
