import type { ServiceEvents } from '../service/types.ts'

/** What happened since the server started, for metrics. */
export interface Counts {
  /** Publishes by how they ended. */
  readonly publishes: Readonly<Record<string, number>>
  readonly renewals: Readonly<Record<string, number>>
}

/** Counts what a service tells. `onNotice` takes what people should read. */
export function countEvents(onNotice: (notice: string) => void): {
  readonly counts: Counts
  readonly events: ServiceEvents
} {
  const [publishes, renewals]: [Record<string, number>, Record<string, number>] = [{}, {}]
  const add = (counts: Record<string, number>, name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  return {
    counts: { publishes, renewals },
    events: {
      onPublish: (_, outcome) => add(publishes, outcome.toLowerCase()),
      onRenewal: (_, outcome) => add(renewals, outcome),
      onNotice,
    },
  }
}
