import type { Source } from '../../../retention/facts.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import { createDockerInventory } from '../../adapters/docker-inventory.ts'
import { openSource } from '../../adapters/open-source.ts'
import { dockerHost } from '../docker-host.ts'
import { printNotice } from '../registry-client.ts'
import type { GcFlags } from './flags.ts'

export interface AloneOptions {
  /** The data folder. */
  readonly root: string
  readonly flags: GcFlags
  /** Nothing is changed. */
  readonly onlyReads: boolean
}

/** What is done is told by the command itself. */
const log = { info: () => {}, warn: printNotice, error: () => {} }

/** Retention of a source on the files of the data folder, for this process alone. Errors: SERVER_BUSY, STORE_INVALID, USAGE, those of the source. */
export async function openAlone(source: Source, { root, flags, onlyReads }: AloneOptions): Promise<RetentionService> {
  const host = dockerHost(flags.host)
  const { service } = await openSource({
    root,
    source,
    inventory: () => createDockerInventory({ host }),
    checkCron,
    log,
    onlyReads,
  })
  return service
}

export async function retentionServed(_root: string, _source: Source): Promise<RetentionService | undefined> {
  return undefined
}
