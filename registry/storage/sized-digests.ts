import type { Digest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { linkRows, manifestRows } from './rows.ts'
import { bytesOfRow } from './usage-rows.ts'

/** A digest in a repository. */
export interface Place {
  readonly name: string
  readonly digest: Digest
}

/** What a repository has under a digest, by its rows. */
export interface Sized extends Place {
  /** Bytes; 0 for what is not there. */
  readonly size: number
  readonly isManifest: boolean
  readonly isBlob: boolean
}

/** In the order of the places. */
export async function sizedDigests(
  metadata: Pick<RowStore, 'getMany'>,
  places: readonly Place[],
): Promise<readonly Sized[]> {
  const keys = places.flatMap(({ name, digest }) => [manifestRows.key(name, digest), linkRows.key(name, digest)])
  const values = await metadata.getMany(keys)
  const sizeAt = (i: number): number => bytesOfRow(keys[i] ?? '', values[i])
  return places.map(({ name, digest }, i) => ({
    name,
    digest,
    size: sizeAt(2 * i) || sizeAt(2 * i + 1),
    isManifest: values[2 * i] !== undefined,
    isBlob: values[2 * i + 1] !== undefined,
  }))
}
