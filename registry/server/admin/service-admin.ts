import { IbuildError } from '../../../shared/base/errors.ts'
import type { Adoption } from '../../adopt/adoption.ts'
import type { Outbox } from '../../events/outbox.ts'
import type { Collector } from '../../gc/collector.ts'
import type { Scrubber } from '../../scrub/types.ts'
import type { OpenUpload, RegistryService } from '../../service/types.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import type { OpenRegistry } from '../open-registry.ts'
import { exportOptions } from './adoption.ts'
import { gcAdmin } from './gc-admin.ts'
import { quotaState, tagAdmin } from './tag-admin.ts'
import type { ReadOnlyState, RegistryAdmin, ReloadReport, ServerStatus } from './types.ts'

export interface AdminParts {
  readonly service: RegistryService
  readonly events: Pick<Outbox, 'admin'>
  readonly gc: Collector
  readonly space: BlobDriver['space']
  readonly adoption: Adoption
  readonly exportLayouts: OpenRegistry['exportLayouts']
  readonly rotateTokenKeys: RegistryAdmin['rotateTokenKeys']
  /** What only a running server has. */
  readonly server?: {
    readonly status: () => ServerStatus
    readonly isReadOnlyConfigured: () => boolean
    readonly reload: () => Promise<ReloadReport>
    readonly scrubber: Pick<Scrubber, 'status' | 'begin'>
  }
}

/** What operators may ask, done by the process that has the registry open. */
export function serviceAdmin({
  service,
  events,
  adoption,
  exportLayouts,
  rotateTokenKeys,
  gc,
  space,
  server,
}: AdminParts): RegistryAdmin {
  const isConfigured = (): boolean => server?.isReadOnlyConfigured() === true
  const readOnly = async (): Promise<ReadOnlyState> => ({
    isReadOnly: service.isReadOnly,
    isConfigured: isConfigured(),
    writesRunning: service.writesRunning,
  })
  return {
    events: events.admin,
    readOnly,
    async setReadOnly(isReadOnly) {
      if (!isReadOnly && isConfigured()) {
        throw new IbuildError('SERVER_FAILED', 'the configuration of the server says readOnly: true', {
          hint: 'Take it out of the file and reload.',
        })
      }
      await service.setReadOnly(isReadOnly)
      return readOnly()
    },
    status: async () => ({
      server: server?.status() ?? null,
      readOnly: await readOnly(),
      openUploads: (await service.uploads.list()).length,
      holds: service.holds,
      adoption: await adoption.status(),
      space: (await space()) ?? null,
      quotas: await quotaState(service),
    }),
    uploads: async () => (await service.uploads.list()).map(uploadInfo),
    async cancelUpload(id) {
      const upload = (await service.uploads.list()).find((one) => one.id === id)
      if (upload === undefined) throw new IbuildError('OBJECT_NOT_FOUND', `no upload ${id} is open`, { hint: listing })
      await service.uploads.cancel(upload.name, id)
    },
    ...tagAdmin(service),
    ...gcAdmin(gc),
    rotateTokenKeys,
    hold: () => service.hold(),
    adoption: () => adoption.status(),
    async adopt({ folder, isWaiting }) {
      await adoption.adopt(folder)
      if (server !== undefined || isWaiting) adoption.begin()
      const status = await adoption.status()
      if (status === null) throw new IbuildError('ADOPTION_INVALID', 'it was given up meanwhile')
      return status
    },
    leaveAdoption: () => adoption.leave(),
    adoptionFlaws: () => adoption.flaws(mostFlaws),
    exportLayouts: async (request, signal) => exportLayouts({ ...exportOptions(request), signal }),
    async scrub() {
      return requireServer(server).scrubber.status()
    },
    async beginScrub() {
      const { scrubber } = requireServer(server)
      if (scrubber.begin()) return scrubber.status()
      throw new IbuildError('SERVER_FAILED', 'the configuration of the server says scrub.rate: 0', {
        hint: 'Give a rate in the file and reload.',
      })
    },
    async reload() {
      if (server === undefined) throw new IbuildError('SERVER_FAILED', 'no server runs that could reload')
      return server.reload()
    },
  }
}

const mostFlaws = 1000
function requireServer(server: AdminParts['server']): NonNullable<AdminParts['server']> {
  if (server !== undefined) return server
  throw new IbuildError('SERVER_FAILED', 'no server runs: only a server reads again what is stored', {
    hint: 'ibuild registry fsck --deep does it now, without a server too.',
  })
}

const listing = 'ibuild registry uploads lists those that are.'

function uploadInfo({
  id,
  name,
  received,
  isBusy,
  startedAt,
  usedAt,
}: OpenUpload): Awaited<ReturnType<RegistryAdmin['uploads']>>[number] {
  return { id, repository: name, bytes: received, isBusy, startedAt, usedAt }
}
