import type { ExecutionContext } from 'ava'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { createService, type ServiceInner, type ServiceOptions } from '../../service/create-service.ts'
import type { RegistryService } from '../../service/types.ts'
import type { BlobDriver } from '../../storage/blob-types.ts'
import { createHashPool } from '../../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../../storage/memory-driver.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import { type Collector, type CollectorOptions, createCollector } from '../collector.ts'
import type { GcRound, GcSettings } from '../types.ts'

export const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

export interface CollectedRegistry {
  readonly service: RegistryService
  readonly collector: Collector
  readonly inner: ServiceInner
  readonly driver: BlobDriver
  readonly metadata: RowStore
  /** Both clocks; {@link pass} lets them go on. */
  readonly clock: { now: number; elapsed: number }
  readonly settings: { -readonly [Key in keyof GcSettings]: GcSettings[Key] }
  readonly notices: readonly string[]
  readonly pass: (milliseconds: number) => void
  /** Lets all time pass that anything waits for, and does what is due, until nothing is. */
  readonly settle: () => Promise<GcRound>
}

export interface CollectedOptions extends Partial<ServiceOptions>, CollectorOptions {
  readonly gc?: Partial<GcSettings>
  /** True for one that was started just now. */
  readonly isFresh?: boolean
}

/** A registry without a disk whose garbage is collected only when the test says so, by clocks that it sets. */
export async function collectedRegistry(
  t: ExecutionContext,
  options: CollectedOptions = {},
): Promise<CollectedRegistry> {
  const { driver = createMemoryDriver(), metadata = createMemoryMetadata() } = options
  const clock = { now: Date.now(), elapsed: 0 }
  const settings = { enabled: true, delay: hour, lease: hour, untagged: { remove: true, keep: day }, ...options.gc }
  const notices: string[] = []
  let attached: { readonly collector: Collector; readonly inner: ServiceInner } | undefined
  const hashes = createHashPool(1)
  const service = await createService({
    ...options,
    driver,
    metadata,
    hashes,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    lease: () => settings.lease,
    attach: (inner) => {
      const collector = createCollector(
        { ...inner, settings: () => settings },
        { isTicking: false, onNotice: (notice) => notices.push(notice), ...options },
      )
      attached = { collector, inner }
      return collector
    },
  })
  t.teardown(async () => {
    await service.close()
    await hashes.close()
  })
  if (attached === undefined) throw new Error('the service attaches nothing')
  const { collector, inner } = attached
  const pass = (milliseconds: number): void => {
    clock.now += milliseconds
    clock.elapsed += milliseconds
  }
  if (options.isFresh !== true) {
    await collector.run()
    pass(settings.lease)
  }
  const settle = async (): Promise<GcRound> => {
    for (let left = 20; left > 0; left--) {
      pass(settings.lease + settings.untagged.keep + settings.delay + 2 * second)
      const round = await collector.run()
      if (round.reviewed === 0) return round
    }
    throw new Error('there is always something to be looked at')
  }
  return { service, collector, inner, driver, metadata, clock, settings, notices, pass, settle }
}
