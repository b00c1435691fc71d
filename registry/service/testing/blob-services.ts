import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Change, RowStore } from '../../../shared/rows/row-store.ts'
import { parseName, type RepositoryName } from '../../protocol/names.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import { openFileDriver } from '../../storage/file-driver.ts'
import { createHashPool } from '../../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../../storage/memory-driver.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import type { BlobParts } from '../blobs.ts'
import { createBlobService } from '../blobs.ts'
import { createDigestLocks } from '../digest-locks.ts'
import { createLinks } from '../links.ts'
import { tellNobody } from '../occurrence.ts'
import { createQuotaGuard, noQuota, type QuotaFor } from '../quota.ts'
import { createRemovalHolds } from '../removal-holds.ts'
import { createSpaceGuard } from '../space.ts'
import { allMutable } from '../tag-rules.ts'
import type { BlobService } from '../types.ts'
import type { ServiceLimits } from '../upload-limits.ts'
import { createUploadService, type Uploads } from '../uploads.ts'

export const [one, two, three]: readonly [RepositoryName, RepositoryName, RepositoryName] = [
  parseName('team/one'),
  parseName('two'),
  parseName('three'),
]

export interface BlobServices {
  readonly blobs: BlobService
  readonly uploads: Uploads
  readonly driver: BlobDriver
  readonly metadata: RowStore
  readonly parts: BlobParts
  readonly clock: { now: number }
}

export interface ServicesOptions {
  readonly driver?: BlobDriver
  readonly metadata?: RowStore
  readonly limits?: Partial<ServiceLimits>
  readonly guard?: () => void
  readonly quotaFor?: QuotaFor
}

/** Uploads and blobs, in memory unless told otherwise. */
export function blobServices(t: ExecutionContext, options: ServicesOptions = {}): BlobServices {
  const { driver = createMemoryDriver(), metadata = createMemoryMetadata(), limits, guard = () => undefined } = options
  const { quotaFor = noQuota } = options
  const clock = { now: 1_000_000_000_000 }
  const hashes = createHashPool(1)
  const parts: BlobParts = {
    driver,
    metadata,
    guard,
    housekeep: housekeeping(guard),
    tell: tellNobody,
    locks: createDigestLocks(),
    holds: createRemovalHolds(() => undefined),
    quota: createQuotaGuard({ metadata, quotaFor }),
    space: createSpaceGuard({ driver, reserve: limits?.reserve, now: () => clock.now }),
    now: () => clock.now,
    elapsed: () => clock.now,
    links: createLinks(metadata),
    immutableBy: allMutable,
  }
  const uploads = createUploadService({ ...parts, hashes, limits })
  t.teardown(async () => {
    await uploads.close()
    await hashes.close()
  })
  return { blobs: createBlobService(parts), uploads, driver, metadata, parts, clock }
}

/** Work that nobody asked for, where the guard lets it. */
export function housekeeping(guard: () => void): BlobParts['housekeep'] {
  return async (work) => {
    try {
      guard()
    } catch {
      return
    }
    await work()
  }
}

export { body } from './bodies.ts'

/** A new data folder. */
export function dataFolder(t: ExecutionContext): string {
  const root = mkdtempSync(path.join(tmpdir(), 'registry-service-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  return root
}

export async function fileDriver(t: ExecutionContext, root: string = dataFolder(t)): Promise<BlobDriver> {
  const driver = await openFileDriver(root)
  t.teardown(async () => driver.close())
  return driver
}

/** Metadata that tell of each change, and fail when told to. */
export function watched(metadata: RowStore, onCommit: (change: Change) => void | Promise<void>): RowStore {
  return {
    ...metadata,
    commit: async (change) => {
      await onCommit(change)
      await metadata.commit(change)
    },
  }
}
