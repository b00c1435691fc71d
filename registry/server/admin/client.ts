import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import type { Row } from '../../../shared/rows/row-store.ts'
import { type AdminCall, adminCalls, adminError, isNobodyThere } from '../../../shared/web/admin/call.ts'
import { withShortPath } from '../../../shared/web/admin/socket.ts'
import type { RegistryHold } from '../../service/types.ts'
import { rowsOfLine } from './hold-lines.ts'
import { type OpenLines, openLines } from './open-lines.ts'
import type { RegistryAdmin } from './types.ts'

/** The admin API of the server that listens on a socket; undefined when none does. */
export async function connectAdmin(socket: string): Promise<RegistryAdmin | undefined> {
  const admin: RegistryAdmin = { ...remoteAdmin(adminCalls(socket)), hold: () => holdRemotely(socket) }
  try {
    await admin.readOnly()
    return admin
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}

function remoteAdmin(call: AdminCall): Omit<RegistryAdmin, 'hold'> {
  return {
    status: () => call('GET', '/v1/status'),
    readOnly: () => call('GET', '/v1/read-only'),
    setReadOnly: (isReadOnly) => call('PUT', '/v1/read-only', isReadOnly),
    uploads: () => call('GET', '/v1/uploads'),
    cancelUpload: (id) => call('DELETE', `/v1/uploads/${encodeURIComponent(id.slice(0, 128))}`),
    scrub: () => call('GET', '/v1/scrub'),
    beginScrub: () => call('POST', '/v1/scrub'),
    reload: () => call('POST', '/v1/reload'),
    adoption: () => call('GET', '/v1/adoption'),
    adopt: (request) => call('POST', '/v1/adoption', { ...request }),
    leaveAdoption: () => call('DELETE', '/v1/adoption'),
    adoptionFlaws: () => call('GET', '/v1/adoption/flaws'),
    exportLayouts: (request, signal) =>
      call('POST', '/v1/export', { ...request, references: [...request.references] }, signal),
    rotateTokenKeys: (isRevoking) => call('POST', '/v1/token-keys/rotate', isRevoking),
    gcStatus: () => call('GET', '/v1/gc'),
    gcRun: (isNow) => call('POST', '/v1/gc/run', isNow),
    gcExplain: (target) => call('GET', `/v1/gc/explain/${encodeURIComponent(target.slice(0, 512))}`),
    tagHistory: (repository, tag) => call('GET', tagPath(repository, tag, 'history')),
    rollBackTag: (repository, tag, to) => call('POST', tagPath(repository, tag, 'rollback'), to ?? null),
    events: {
      status: () => call('GET', '/v1/events'),
      after: (number) => call('GET', `/v1/events/after/${number}`),
      dead: (name, number) => call('GET', `/v1/events/dead/${encodeURIComponent(name.slice(0, 64))}/${number}`),
      replay: (endpoint, from) => call('POST', '/v1/events/replay', { endpoint, from }),
    },
  }
}

function tagPath(repository: string, tag: string, what: string): string {
  return `/v1/tags/${encodeURIComponent(repository.slice(0, 256))}/${encodeURIComponent(tag.slice(0, 129))}/${what}`
}

/** The hold lasts as long as the connection. */
async function holdRemotely(socket: string): Promise<RegistryHold> {
  const request = { method: 'POST', path: '/v1/hold' }
  const lines = await withShortPath(socket, (socketPath) => openLines({ socketPath, ...request })).catch(
    (error: unknown) => {
      throw errnoOf(error) === 'ECONNRESET' ? serverEnded(error) : error
    },
  )
  if ('refusal' in lines) throw adminError(lines.refusal)
  return { rows: () => heldRows(lines), isHeld: () => lines.isOpen(), release: async () => lines.close() }
}

async function* heldRows({ lines }: OpenLines): AsyncGenerator<readonly Row[]> {
  for await (const line of lines) {
    const rows = rowsOfLine(line)
    if (rows.length === 0) return
    yield rows
  }
  throw serverEnded()
}

function serverEnded(cause?: unknown): IbuildError {
  return new IbuildError('SERVER_FAILED', 'the server ended before it had told all rows', {
    hint: 'It was stopped, or its metadata were opened anew: see its log, and try again.',
    cause,
  })
}
