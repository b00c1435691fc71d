import type { Source } from '../../../retention/facts.ts'
import { type RemoteRetention, remoteRetention, remoteSources } from '../../../retention/http/client.ts'
import { overSocket } from '../../../retention/http/over-socket.ts'
import { retentionLayout } from '../../../retention/state/layout.ts'
import { isNobodyThere } from '../../../shared/web/admin/call.ts'
import { daemonName } from '../../adapters/daemon-name.ts'

/**
 * Retention of a source in the server that has the data folder open. Undefined when none runs, and for a source that it does not look
 * after, or a Docker daemon that is another one than `host`. Errors: those of the server; USAGE for the address.
 */
export async function retentionServed(
  root: string,
  source: Source,
  host: string | undefined,
): Promise<RemoteRetention | undefined> {
  const transport = overSocket(retentionLayout(root).adminSocket)
  try {
    const { sources, daemon } = await remoteSources(transport)
    if (!sources.includes(source) || (host !== undefined && daemon !== daemonName(host))) return undefined
    return remoteRetention(transport, source)
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}
