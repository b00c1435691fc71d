import { existsSync } from 'node:fs'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import type { Log } from '../../shared/log/log.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { Adoption } from '../adopt/adoption.ts'
import { openAdopted } from '../adopt/open-adopted.ts'
import { type Outbox, openOutbox } from '../events/outbox.ts'
import { type ExportOptions, type ExportReport, exportLayouts } from '../export/export-layouts.ts'
import type { Collector } from '../gc/collector.ts'
import type { GcRoots } from '../gc/types.ts'
import { followChanges } from '../inventory/changes.ts'
import { registryContents } from '../inventory/contents.ts'
import type { RegistryContents } from '../inventory/types.ts'
import type { ScrubberOptions } from '../scrub/scrubber.ts'
import { type Attached, createService, type ServiceInner } from '../service/create-service.ts'
import type { RegistryService } from '../service/types.ts'
import type { ServiceLimits } from '../service/upload-limits.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { registryLayout } from '../storage/layout.ts'
import { openLevelMetadata } from '../storage/level-metadata.ts'
import { refuseUnfinishedRestore } from '../storage/unfinished-restore.ts'
import type { RotatedKeys } from '../token/signing-keys.ts'
import { connectAdmin } from './admin/client.ts'
import type { ServerConfig } from './config/schema.ts'
import { configuredGarbage } from './garbage.ts'
import { configuredPolicies } from './policies.ts'

/** The registry that a server is for. */
export interface OpenRegistry {
  readonly service: RegistryService
  readonly events: Outbox
  readonly gc: Collector
  /** What it has, for who decides what is to go. */
  readonly contents: RegistryContents
  readonly space: BlobDriver['space']
  readonly adoption: Adoption
  /** Errors: those of {@link exportLayouts}. */
  readonly exportLayouts: (options: ExportOptions) => Promise<ExportReport>
  /** Of a server that gives no tokens, or where none runs. Errors: OBJECT_NOT_FOUND where there are no keys, TOKEN_KEYS_INVALID. */
  readonly rotateTokenKeys: (isRevoking: boolean) => Promise<RotatedKeys>
  /** What is read again by itself. */
  readonly stored: Pick<ScrubberOptions, 'driver' | 'metadata'>
  /** Lets a listener be told how many changes of metadata were written together. */
  onWritten(listener: (changes: number) => void): void
}

type LiveKey = 'tags' | 'quota' | 'gc' | 'history'

export interface OpenOptions {
  /** Data folder. */
  readonly root: string
  readonly config: Pick<ServerConfig, 'storage' | 'uploads' | 'manifests' | 'token' | LiveKey>
  /** What of it is in force now, where that can change. */
  readonly inForce?: (() => Pick<ServerConfig, LiveKey>) | undefined
  readonly log: Pick<Log, 'info' | 'warn'>
  /** True while the configuration makes the registry read-only. */
  readonly isReadOnly: () => boolean
  /** What garbage collection must keep beside what the registry knows of. */
  readonly roots?: readonly GcRoots[] | undefined
  /** True for a server, which collects garbage by itself. */
  readonly isServing?: boolean
}

/**
 * Opens the registry of a data folder, of which this process is the owner until the service is closed. Errors: SERVER_BUSY,
 * which says who the owner is; STORE_INVALID, DISK_FULL.
 */
export async function openRegistry(options: OpenOptions): Promise<OpenRegistry> {
  const { root, config, isReadOnly, log, roots = [] } = options
  const { durability } = config.storage
  const listeners: WrittenListener[] = []
  await makeDataRoot(root)
  if (!existsSync(registryLayout(root).folder)) await refuseUnfinishedRestore(root)
  const metadata = await openMetadata(options, (changes) => listeners.forEach((listener) => listener(changes)))
  try {
    const events = await openOutbox({ metadata })
    const driver = await openFileDriver(root, { durability })
    const { sparse } = config.manifests
    const inForce = options.inForce ?? (() => config)
    const policies = configuredPolicies(inForce)
    const garbage = configuredGarbage({ config: inForce, log, roots, isServing: options.isServing === true })
    const { lease } = garbage
    const changes = followChanges()
    const made: { inner?: ServiceInner } = {}
    const attach = (given: ServiceInner): Attached => {
      made.inner = given
      return garbage.attach(given)
    }
    const limits = uploadLimits(config)
    const inner = await createService({
      driver,
      metadata: changes.watch(events.watch(metadata)),
      limits,
      sparse,
      isReadOnly,
      lease,
      attach,
      ...policies,
      tell: events.tell,
    })
    const onWritten = (listener: WrittenListener): void => void listeners.push(listener)
    const { service, adoption } = await openAdopted({ service: inner, metadata, log })
    const give: typeof driver.give = (...args) => driver.give(...args)
    const isWhole = (): boolean => adoption.source() === undefined
    return {
      service,
      events,
      adoption,
      exportLayouts: (exported) => exportLayouts({ service, metadata, give, isWhole }, exported),
      gc: garbage.collector(),
      contents: registryContents({ ...attached(made), changes, service }),
      rotateTokenKeys: (isRevoking) => rotateStoredKeys(options, isRevoking),
      space: () => driver.space(),
      onWritten,
      stored: { driver, metadata },
    }
  } catch (error) {
    await metadata.close()
    throw error
  }
}

async function rotateStoredKeys({ root, config, log }: OpenOptions, isRevoking: boolean): Promise<RotatedKeys> {
  const { tokenKeys: folder } = registryLayout(root)
  if (!existsSync(folder))
    throw new IbuildError('OBJECT_NOT_FOUND', 'there are no keys for tokens', { hint: madeLater })
  const { openSigningKeys } = await import('../token/signing-keys.ts')
  const { rotateKeys, life } = config.token
  const onNotice = (notice: string): void => log.warn(notice)
  const settings = { rotateAfter: () => rotateKeys, tokenLife: () => life, now: Date.now, onNotice }
  return (await openSigningKeys({ folder, ...settings })).rotate(isRevoking)
}

const madeLater = 'They are made when a server with accounts starts, unless token.enabled is false.'

function attached({ inner }: { readonly inner?: ServiceInner }): ServiceInner {
  if (inner === undefined) throw new Error('the service attaches nothing')
  return inner
}

type WrittenListener = (changes: number) => void

async function openMetadata({ root, config, log }: OpenOptions, onWritten: WrittenListener): Promise<RowStore> {
  const { metadata: folder, adminSocket } = registryLayout(root)
  const onNotice = (notice: string): void => log.warn(notice)
  try {
    return await openLevelMetadata({ folder, durability: config.storage.durability, onNotice, onWritten })
  } catch (error) {
    throw isIbuildError(error, 'SERVER_BUSY') ? await withServer(error, adminSocket) : error
  }
}

function uploadLimits({ storage, uploads }: OpenOptions['config']): Partial<ServiceLimits> {
  const { sessions, sessionsPerRepository, idle, total } = uploads
  const limits = { sessions, sessionsPerRepository, idleTime: idle, totalTime: total, blobSize: storage.blobSize }
  return storage.reserve > 0 ? { ...limits, reserve: storage.reserve } : limits
}

/** The error with the server's address in it, when it is a server that has the registry open. */
async function withServer(busy: IbuildError, socket: string): Promise<IbuildError> {
  const admin = await connectAdmin(socket).catch(() => undefined)
  const status = await admin?.status().catch(() => undefined)
  if (!status?.server) return busy
  const { pid, url } = status.server
  return new IbuildError('SERVER_BUSY', `a server works on this data folder already: ${url}, process ${pid}`, {
    hint: 'Use that one, or stop it; or name another data folder with --root.',
    cause: busy,
  })
}
