import type { Source } from '../../../retention/facts.ts'
import { type RemoteRetention, remoteRetention } from '../../../retention/http/client.ts'
import { overSocket } from '../../../retention/http/over-socket.ts'
import { retentionLayout } from '../../../retention/state/layout.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { isNobodyThere } from '../../../shared/web/admin/call.ts'

/**
 * Retention of a source in the server that has the data folder open. Undefined when none runs, and for a source that it does not look
 * after. Errors: those of the server.
 */
export async function retentionServed(root: string, source: Source): Promise<RemoteRetention | undefined> {
  const service = remoteRetention(overSocket(retentionLayout(root).adminSocket), source)
  try {
    await service.status()
    return service
  } catch (error) {
    if (isNobodyThere(error) || isIbuildError(error, 'OBJECT_NOT_FOUND')) return undefined
    throw error
  }
}
