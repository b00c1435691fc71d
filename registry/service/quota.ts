import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { usageOf } from './usage.ts'

/** How many bytes a repository may have. */
export interface Quota {
  readonly bytes: number
  /** The pattern that says so, as it is written in the configuration. */
  readonly rule: string
}

/** Undefined for a repository that may have any number. */
export type QuotaFor = (name: string) => Quota | undefined

/** For a registry without quotas. */
export const noQuota: QuotaFor = () => undefined

/** Keeps repositories within their quotas: what is on its way counts as much as what is there. */
export interface QuotaGuard {
  /** A share of no bytes yet. */
  open(name: string): QuotaShare
  /** Does work that adds so many bytes at most. DENIED when they do not fit. */
  during<T>(name: string, bytes: number, work: () => Promise<T>): Promise<T>
  /** Bytes that are on their way to a repository. */
  onTheWay(name: string): number
}

/** Bytes of one upload, from its start until they are counted as the repository's own. */
export interface QuotaShare {
  /** DENIED when the repository has no room for a single byte. */
  check(): Promise<void>
  /** Makes it so many bytes in all. DENIED when they do not fit: then it stays as it was. */
  resize(bytes: number): Promise<void>
  /** Makes it so many bytes, whether or not they fit: they are there already. */
  set(bytes: number): void
  end(): void
}

/** DENIED for want of room, which ends the upload that asked. */
export class QuotaExceeded extends RegistryError {
  constructor(name: string, { rule, bytes: limit }: Quota, used: Used) {
    const { stored, onTheWay } = used
    const way = onTheWay > 0 ? ` and ${onTheWay} on their way` : ''
    super(
      'DENIED',
      `the quota of ${name} is ${limit} bytes (quota: ${rule}), of which ${stored} are used${way}: delete images there, or ask for more`,
      { detail: { name, limit, used: stored, onTheWay, rule } },
    )
  }
}

interface Used {
  readonly stored: number
  /** Of others. */
  readonly onTheWay: number
}

export function createQuotaGuard({
  metadata,
  quotaFor,
}: {
  readonly metadata: RowStore
  readonly quotaFor: QuotaFor
}): QuotaGuard {
  const shares = new Map<string, Set<Share>>()
  /** Of shares that ended: what was read before one may not have its bytes, and the shares have them no more. */
  let ended = 0
  const onTheWay = (name: string): number => [...(shares.get(name) ?? [])].reduce((sum, { bytes }) => sum + bytes, 0)

  /** Makes the share so many bytes when they fit, with `room` more; nobody else is let in between look and decision. */
  const admit = async (name: string, share: Share, { to, room }: { to: number; room: number }): Promise<void> => {
    for (;;) {
      const quota = quotaFor(name)
      const before = ended
      const stored = quota === undefined ? 0 : (await usageOf(metadata, name)).bytes
      if (ended !== before) continue
      const others = onTheWay(name) - share.bytes
      if (quota !== undefined && stored + others + to + room > quota.bytes) {
        throw new QuotaExceeded(name, quota, { stored, onTheWay: others })
      }
      share.bytes = to
      return
    }
  }

  const open = (name: string): QuotaShare => {
    const share: Share = { bytes: 0 }
    const ofName = shares.get(name) ?? new Set()
    shares.set(name, ofName.add(share))
    return {
      check: () => admit(name, share, { to: share.bytes, room: 1 }),
      resize: async (bytes) => {
        if (bytes > share.bytes) await admit(name, share, { to: bytes, room: 0 })
        else share.bytes = bytes
      },
      set: (bytes) => {
        share.bytes = bytes
      },
      end: () => {
        if (!ofName.delete(share)) return
        ended++
        if (ofName.size === 0 && shares.get(name) === ofName) shares.delete(name)
      },
    }
  }
  return {
    open,
    onTheWay,
    during: async (name, bytes, work) => {
      const share = open(name)
      try {
        await share.resize(bytes)
        return await work()
      } finally {
        share.end()
      }
    },
  }
}

/** What has no quota has shares all the same: the configuration may get one. */
interface Share {
  bytes: number
}
