import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { Log } from '../../shared/log/log.ts'
import { listenOnSocket } from '../../shared/web/admin/socket.ts'
import type { Told } from '../../shared/web/further.ts'
import { defaultWebLimits } from '../../shared/web/limits.ts'
import { WebRequest } from '../../shared/web/request.ts'
import { closeServer } from '../../shared/web/running.ts'
import { createApi, type GcApiOptions } from './api.ts'
import type { Rights } from './rights.ts'

/** Says who asks, for history: the socket is the owner's alone, so that it is believed. */
export const byHeader = 'x-gc-by'

export interface OwnerOptions extends Omit<GcApiOptions, 'access'> {
  /** Is told of what nobody foresaw. */
  readonly log: Pick<Log, 'error'>
}

/** Serves the API on a socket that the owner of the data folder alone can reach: he may do everything. Resolves with what ends that. */
export async function serveOwner({ log, ...options }: OwnerOptions, socket: string): Promise<() => Promise<void>> {
  const api = createApi(options)
  const server = createServer((message, response) => {
    const request = new WebRequest(message, undefined)
    const told: Told = { sentBytes: 0, failure: undefined }
    response.once('close', () => {
      if (told.failure?.cause !== undefined) log.error('a call of retention failed', { error: told.failure.cause })
    })
    void api.answer({ request, response, limits: defaultWebLimits, told }, ownerRights(message))
  })
  server.on('clientError', (_error, connection) => connection.destroy())
  await listenOnSocket(server, socket)
  return async () => {
    await rm(socket, { force: true })
    await closeServer(server)
  }
}

function ownerRights({ headers }: IncomingMessage): Rights {
  const said = headers[byHeader]
  const by = typeof said === 'string' ? decoded(said) : ''
  return async () => ({ by: by === '' ? 'owner' : by, within: undefined })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
      .replaceAll(/\p{Cc}/gu, ' ')
      .slice(0, 128)
  } catch {
    return ''
  }
}
