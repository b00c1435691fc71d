import type { Digest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createHashPool, type HashPool } from '../storage/intake/hash-pool.ts'
import { settingRows } from '../storage/rows.ts'
import { type Blobs, createBlobService } from './blobs.ts'
import { createCatalogCursor } from './catalog-cursor.ts'
import { createTagHistory } from './create-history.ts'
import { createDigestLocks } from './digest-locks.ts'
import { suspendInDoubt } from './doubtful-metadata.ts'
import { createLeases, type Leases } from './leases.ts'
import { createLinks, type Links } from './links.ts'
import { listRepositories, listTags } from './listings.ts'
import { createManifestCaches, type ManifestCaches } from './manifest-caches.ts'
import type { Sparse } from './manifest-rules.ts'
import { createManifestService } from './manifests.ts'
import { type Tell, tellNobody } from './occurrence.ts'
import type { ServiceParts } from './parts.ts'
import { createPulls, type Pulls } from './pulls.ts'
import { createQuotaGuard, noQuota, type QuotaFor } from './quota.ts'
import { listReferrers } from './referrers.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { holdRegistry } from './registry-hold.ts'
import { createRemovalHolds } from './removal-holds.ts'
import { repositoryUsage } from './repository-usage.ts'
import { withReviews } from './review-changes.ts'
import { createSpaceGuard } from './space.ts'
import { allMutable, type ImmutableBy } from './tag-rules.ts'
import { createTakeOver, type TakeOver } from './take-over.ts'
import type { BlobService, ManifestService, RegistryService, UploadService } from './types.ts'
import { removeDoomed } from './unused-blobs.ts'
import type { ServiceLimits } from './upload-limits.ts'
import { createUploadService, type Uploads } from './uploads.ts'
import { countUsage } from './usage.ts'
import { createWriteGuard, type WriteGuard } from './write-guard.ts'

export interface ServiceOptions {
  /** Both are the service's from now on: it closes them. */
  readonly driver: BlobDriver
  readonly metadata: RowStore
  readonly limits?: Partial<ServiceLimits> | undefined
  /** Default `index`. */
  readonly sparse?: Sparse | undefined
  /** Which tags have to stay; none unless given. Asked for each change, as `quotaFor` is. */
  readonly immutableBy?: ImmutableBy | undefined
  readonly quotaFor?: QuotaFor | undefined
  /** Gives the rows that tell of changes; nobody is told unless given. */
  readonly tell?: Tell | undefined
  /** Read-only also while this says so, as a configuration does. */
  readonly isReadOnly?: (() => boolean) | undefined
  /** Threads that hash uploads; made, and ended with the service, when not given. */
  readonly hashes?: HashPool | undefined
  /** Milliseconds between looks for uploads that were given up. Default ten minutes. */
  readonly purgeEvery?: number | undefined
  /** Milliseconds for which {@link RegistryService.setReadOnly} waits at most. Default 15 seconds. */
  readonly patience?: number | undefined
  /** The clocks of {@link ServiceParts}. */
  readonly now?: (() => number) | undefined
  readonly elapsed?: (() => number) | undefined
  /** Milliseconds that {@link Leases} last; default one hour. */
  readonly lease?: (() => number) | undefined
  /** Is given what the service works on, to work on it as well; closed with the service, before it. */
  readonly attach?: ((inner: ServiceInner) => Attached) | undefined
}

/** What a service works on, for what goes on inside of it beside the calls of clients. */
export interface ServiceInner extends ServiceParts {
  readonly links: Links
  readonly caches: ManifestCaches
  readonly leases: Leases
  readonly pulls: Pick<Pulls, 'peek' | 'waitingIn' | 'since'>
  readonly immutableBy: ImmutableBy
  /** True while somebody has something pushed or deleted: what nobody asked for can wait for a moment. */
  readonly isAsked: () => boolean
}

export interface Attached {
  close(): Promise<void>
}

const minute = 60_000
/** Nobody writes it. */
const triedRow = settingRows.key('tried')

/** A registry over these stores, which nobody else changes. What an earlier process left half done is put right meanwhile. */
export async function createService(options: ServiceOptions): Promise<RegistryService> {
  const { driver, limits, sparse = 'index', purgeEvery = 10 * minute } = options
  const { immutableBy = allMutable, quotaFor = noQuota } = options
  const { now = Date.now, elapsed = () => performance.now() } = options
  const [links, caches] = [createLinks(options.metadata), createManifestCaches()]
  const metadata = withReviews(suspendInDoubt(options.metadata, [links, caches.tags, caches.manifests]), now)
  const leases = createLeases({ lease: options.lease ?? (() => 60 * minute), elapsed })
  const guard = await createWriteGuard(metadata, { isForced: options.isReadOnly, patience: options.patience })
  const cursor = await createCatalogCursor(metadata)
  const hashes = options.hashes ?? createHashPool()
  const parts: ServiceParts = {
    driver,
    metadata,
    locks: createDigestLocks(),
    holds: createRemovalHolds(() => tidy()),
    quota: createQuotaGuard({ metadata, quotaFor }),
    space: createSpaceGuard({ driver, reserve: limits?.reserve, now }),
    guard: () => guard.check(),
    housekeep: (work) => guard.housekeep(work),
    tell: options.tell ?? tellNobody,
    now,
    elapsed,
  }
  const uploads = createUploadService({ ...parts, links, hashes, limits, purgeEvery })
  const blobs = createBlobService({ ...parts, links, immutableBy })
  const hasBytes: Blobs['hasBytes'] = (digest, size) => blobs.hasBytes(digest, size)
  const manifests = createManifestService({ ...parts, hasBytes, caches, sparse, immutableBy, leases })
  const history = createTagHistory({ ...parts, manifests, caches, immutableBy })
  const pulls = createPulls(parts)
  // Uploads of an earlier process count for quotas from the start; what cannot be read now is read when it is needed.
  if (options.quotaFor !== undefined) await uploads.list().catch(() => [])
  /** What an earlier process left half done, and removals that were put off. */
  const tidy = (): void => {
    guard.housekeep(() => removeDoomed(parts)).catch(() => {})
    guard.housekeep(() => countUsage(metadata, parts.guard)).catch(() => {})
    guard.housekeep(() => pulls.begin()).catch(() => {})
  }
  tidy()
  const isAsked = (): boolean => guard.asked > 0
  const attached = options.attach?.({ ...parts, links, caches, leases, pulls, immutableBy, isAsked })

  /** All of it, whatever of it fails; what was deferred last goes first. */
  const end = async (): Promise<void> => {
    await using stack = new AsyncDisposableStack()
    stack.defer(() => driver.close())
    stack.defer(() => metadata.close())
    if (options.hashes === undefined) stack.defer(() => hashes.close())
    stack.defer(() => uploads.close())
    await Promise.all([guard.close(), attached?.close()])
    if (!guard.isReadOnly) await pulls.close()
  }
  let ended: Promise<void> | undefined
  return {
    blobs: guardedBlobs(blobs, guard, leases),
    uploads: guardedUploads(uploads, guard, leases),
    manifests: guardedManifests(manifests, guard, leases),
    lease: (name, digest) => leases.take(name, digest),
    history: {
      ...history,
      rollBack: (name, tag, to) => guard.run(() => history.rollBack(name, tag, to)),
      giveBack: (name, tag, to) =>
        leases.during(name, async () => {
          await leases.take(name, to.to)
          return guard.run(() => history.giveBack(name, tag, to))
        }),
    },
    pulled: (name, digest) => pulls.note(name, digest),
    usage: () => repositoryUsage({ metadata, quota: parts.quota, quotaFor }),
    refreshTokens: createRefreshTokens(metadata, guard),
    takeOver: guardedTakeOver(createTakeOver({ ...parts, links, caches, hasBytes, immutableBy }), guard, leases),
    tags: (name, page) => listTags(metadata, name, page),
    catalog: (page, isVisible = everyName) => listRepositories(metadata, { page, isVisible, cursor }),
    referrers: (name, subject, query) => listReferrers({ metadata, manifests }, { name, subject }, query),
    get isReadOnly() {
      return guard.isReadOnly
    },
    get writesRunning() {
      return guard.running
    },
    setReadOnly: async (isReadOnly) => {
      await guard.setReadOnly(isReadOnly)
      tidy()
    },
    housekeep: parts.housekeep,
    hold: () => holdRegistry(parts),
    get holds() {
      return parts.holds.count
    },
    tryReading: async () => void (await metadata.get(triedRow)),
    tryWriting: async () => {
      guard.check()
      await parts.space.check(0)
      await guard.run(() => metadata.commit({ remove: [triedRow] }))
    },
    close: () => (ended ??= end()),
  }
}

function everyName(_name: RepositoryName): boolean {
  return true
}

/** What clients are told to be there they rely on: so it is leased before it is looked whether it is there. */
function guardedBlobs(blobs: BlobService, guard: WriteGuard, leases: Leases): BlobService {
  return {
    ...blobs,
    remove: (name, digest, by) => guard.run(() => blobs.remove(name, digest, by)),
    mount: (name, digest, options) =>
      leases.during(name, async () => {
        await leases.take(name, digest)
        return guard.run(() => blobs.mount(name, digest, options))
      }),
  }
}

function guardedUploads(uploads: Uploads, guard: WriteGuard, leases: Leases): UploadService {
  const push = <T>(name: RepositoryName, work: () => Promise<T>): Promise<T> =>
    leases.during(name, () => guard.run(work))
  return {
    start: (name, options) => push(name, () => uploads.start(name, options)),
    state: (name, id) => uploads.state(name, id),
    append: (name, id, body) => push(name, () => uploads.append(name, id, body)),
    finish: (name, id, end) =>
      leases.during(name, async () => {
        await leases.take(name, end.digest)
        return guard.run(() => uploads.finish(name, id, end))
      }),
    cancel: (name, id) => guard.run(() => uploads.cancel(name, id)),
    list: () => uploads.list(),
  }
}

function guardedManifests(manifests: ManifestService, guard: WriteGuard, leases: Leases): ManifestService {
  return {
    ...manifests,
    put: (name, ref, manifest) => leases.during(name, () => guard.run(() => manifests.put(name, ref, manifest))),
    remove: (name, ref, options) => guard.run(() => manifests.remove(name, ref, options)),
  }
}

/** Each is work of a push: what was taken first stays until all of it is there. */
function guardedTakeOver(takeOver: TakeOver, guard: WriteGuard, leases: Leases): TakeOver {
  const push = <T>(name: RepositoryName, digest: Digest, work: () => Promise<T>): Promise<T> =>
    leases.during(name, async () => {
      await leases.take(name, digest)
      return guard.run(work)
    })
  return {
    blob: (name, digest, file) => push(name, digest, () => takeOver.blob(name, digest, file)),
    manifest: (name, manifest) => push(name, manifest.digest, () => takeOver.manifest(name, manifest)),
    tag: (name, tag, manifest) => push(name, manifest.digest, () => takeOver.tag(name, tag, manifest)),
    forget: (name, digest) => guard.run(() => takeOver.forget(name, digest)),
    remember: (name, digest) => guard.run(() => takeOver.remember(name, digest)),
  }
}
