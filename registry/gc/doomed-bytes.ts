import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import { removeUnnamed } from '../service/unused-blobs.ts'
import { doomedRows } from '../storage/rows.ts'
import type { SweepParts } from './sweep-types.ts'
import { backoff } from './waits.ts'

/** Those that are looked at in one round. */
const atOnce = 1000

/**
 * Removes bytes that nobody has any more and that could not be removed when their last row went. Each that fails again is put off
 * for longer every time, in memory: the process that comes next begins anew.
 */
export function createDoomedBytes(
  parts: Pick<SweepParts, 'driver' | 'metadata' | 'locks' | 'holds' | 'housekeep' | 'elapsed'>,
  onNotice: (notice: string) => void,
): () => Promise<void> {
  const failed = new Map<Digest, { readonly times: number; readonly until: number }>()
  const remove = async (digest: Digest): Promise<void> => {
    const { times = 0, until = 0 } = failed.get(digest) ?? {}
    if (until > parts.elapsed()) return
    failed.delete(digest)
    try {
      await parts.housekeep(() => removeUnnamed(parts, digest))
    } catch (error) {
      failed.set(digest, { times: times + 1, until: parts.elapsed() + backoff(times) })
      onNotice(`garbage collection: the bytes of ${digest} could not be removed: ${String(error)}`)
    }
  }
  return async () => {
    if (parts.holds.count > 0) return
    const rows = await parts.metadata.list({ prefix: doomedRows.prefix(), limit: atOnce })
    for (const { key } of rows) await remove(parseDigest(lastPart(key)))
  }
}
