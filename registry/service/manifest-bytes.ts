import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'
import type { BlobDriver, BlobReader } from '../storage/blob-types.ts'
import { doomedRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'

/** The bytes of manifests, which are blobs that no repository has a link to. */
export interface ManifestBytes {
  /**
   * Reads and verifies. Bytes that have not their digest are taken out of sight, so that the next push puts them back: UNKNOWN,
   * as when there are none.
   */
  read(digest: Digest, size: number): Promise<Uint8Array>
  /**
   * Stores, durably, for one who holds the lock of the digest; for those who share it at once. What is there is looked at,
   * because a manifest is pushed again to mend it.
   */
  store(digest: Digest, bytes: Uint8Array): Promise<void>
}

type Parts = Pick<ServiceParts, 'driver' | 'metadata' | 'locks' | 'housekeep'>

export function createManifestBytes({ driver, metadata, locks, housekeep }: Parts): ManifestBytes {
  const storing = new Map<Digest, Promise<void>>()
  const readWhole = async (digest: Digest, size: number): Promise<Uint8Array | undefined> => {
    const bytes = await readBlob(driver, digest)
    return bytes?.byteLength === size && digestOf(bytes, algorithmOf(digest)) === digest ? bytes : undefined
  }
  /** Under the lock, for a push may have mended it meanwhile. */
  const readAgain = async (digest: Digest, size: number): Promise<Uint8Array> => {
    const bytes = await readWhole(digest, size)
    if (bytes !== undefined) return bytes
    await housekeep(() => driver.setAside(digest))
    throw new RegistryError('UNKNOWN', `the manifest ${digest} is damaged in the registry; pushing it again mends it`)
  }
  const store = async (digest: Digest, bytes: Uint8Array): Promise<void> => {
    const there = await readBlob(driver, digest)
    // Removes the bytes at the next start, unless the rows of the manifest are written: their change takes this row away.
    if (there === undefined) await metadata.commit({ put: [doomedRows.row([digest], true)], isMinor: true })
    await driver.put(digest, bytes, { replace: there !== undefined && Buffer.compare(there, bytes) !== 0 })
  }
  return {
    read: async (digest, size) =>
      (await readWhole(digest, size)) ?? (await locks.run(digest, () => readAgain(digest, size))),
    store: async (digest, bytes) => {
      const known = storing.get(digest)
      if (known !== undefined) return known
      const stored = store(digest, bytes).finally(() => storing.delete(digest))
      storing.set(digest, stored)
      return stored
    },
  }
}

/** At most one byte more than a manifest can have; none of what cannot be read. */
export async function readBlob(driver: BlobDriver, digest: Digest): Promise<Uint8Array | undefined> {
  const reader = await driver.open(digest)
  if (reader === undefined) return undefined
  try {
    return await readAll(reader).catch(() => new Uint8Array())
  } finally {
    await reader.close()
  }
}

async function readAll(reader: BlobReader): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(reader.size, mostManifestBytes + 1))
  const count = await reader.read(bytes, 0)
  return count === bytes.byteLength ? bytes : bytes.subarray(0, count)
}
