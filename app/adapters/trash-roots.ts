import type { GcRoots } from '../../registry/gc/types.ts'
import type { TrashKeeper } from '../../retention/ports.ts'
import { isDigest } from '../../shared/base/digest.ts'

/** Lets garbage collection keep what is in the trash of retention. As long as that cannot be asked, nothing is removed. */
export function trashRoots(trash: TrashKeeper): GcRoots {
  return {
    name: 'the trash of retention',
    keeps: async (name, digests) => new Set([...(await trash.keeps(name, digests))].filter(isDigest)),
    until: async (name, digest) => trash.until(name, digest),
  }
}
