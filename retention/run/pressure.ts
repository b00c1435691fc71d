import type { Policy } from '../policy/types.ts'
import type { DiskSpace, Parts } from './parts.ts'
import { purgeFirst } from './purge.ts'
import type { PurgeReport } from './types.ts'

/** What was purged takes a while to be freed: until then it is not missed again. */
const pause = 10 * 60_000

/** Purges what is to go first while the disk has less free than the policy wants. */
export class DiskPressure {
  readonly #parts: Parts
  readonly #disk: (() => Promise<DiskSpace>) | undefined
  #last = Number.NEGATIVE_INFINITY

  constructor(parts: Parts, disk: (() => Promise<DiskSpace>) | undefined) {
    this.#parts = parts
    this.#disk = disk
  }

  async relieve({ trash }: Policy, by: string): Promise<PurgeReport> {
    const none = { purged: 0, bytes: 0 }
    const now = this.#parts.now()
    if (this.#disk === undefined || trash.purgeOnDiskBelow === 0 || now < this.#last + pause) return none
    const { free, size } = await this.#disk()
    const missing = (size * trash.purgeOnDiskBelow) / 100 - free
    if (missing <= 0) return none
    this.#last = now
    return purgeFirst(this.#parts, { until: undefined, by, bytes: missing })
  }
}
