import type { Log } from '../../shared/log/log.ts'
import { type Collector, createCollector } from '../gc/collector.ts'
import type { GcRoots } from '../gc/types.ts'
import type { Attached, ServiceInner } from '../service/create-service.ts'
import { historyRoots } from '../service/history-roots.ts'
import type { ServerConfig } from './config/schema.ts'

export interface GarbageOptions {
  /** In force now. */
  readonly config: () => Pick<ServerConfig, 'gc' | 'history'>
  readonly log: Pick<Log, 'warn'>
  /** What must stay beside what the registry knows of. */
  readonly roots: readonly GcRoots[]
  /** False for a command, which ends soon: then garbage is collected only when it asks for that. */
  readonly isServing: boolean
}

/** The garbage collection of a registry, by its configuration; it begins when a service is made with it. */
export interface Garbage {
  readonly lease: () => number
  readonly attach: (inner: ServiceInner) => Attached
  /** Of the service that it was attached to. */
  collector(): Collector
}

export function configuredGarbage({ config, log, roots, isServing }: GarbageOptions): Garbage {
  let made: Collector | undefined
  return {
    lease: () => config().gc.lease,
    attach: (inner) => {
      const keep = (): { moves: number; age: number } => ({ moves: config().history.keep, age: config().history.age })
      made = createCollector(
        { ...inner, settings: () => config().gc },
        {
          roots: [historyRoots(inner.metadata, keep, inner.now), ...roots],
          isTicking: isServing,
          onNotice: (notice) => log.warn(notice),
        },
      )
      return made
    },
    collector: () => {
      if (made === undefined) throw new Error('no service was made with this garbage collection')
      return made
    },
  }
}
