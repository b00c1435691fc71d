/** What is counted of a request; all words are of a few kinds. */
export interface TalliedRequest {
  readonly route: string
  readonly method: string
  readonly status: string
  readonly seconds: number
}

/** Counts and durations of requests. */
export interface RequestTally {
  add(request: TalliedRequest): void
  /** In the text format of Prometheus. */
  text(): string
}

/** Seconds; a request counts in the first bucket that is not smaller. */
const bounds = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600]

interface Durations {
  readonly labels: string
  readonly buckets: number[]
  count: number
  sum: number
}

/**
 * Tallies requests with a look into two maps for each: a library for metrics takes some microseconds, which is a tenth of
 * what the answer takes.
 */
export function requestTally(prefix: string): RequestTally {
  const counts = new Map<string, number>()
  const durations = new Map<string, Durations>()
  return {
    add({ route, method, status, seconds }) {
      const key = `route="${route}",method="${method}"`
      const full = `${key},status="${status}"`
      counts.set(full, (counts.get(full) ?? 0) + 1)
      addDuration(durationsOf(durations, key), seconds)
    },
    text: () =>
      [
        ...countLines(`${prefix}requests_total`, counts),
        ...durationLines(`${prefix}request_duration_seconds`, durations),
      ].join('\n'),
  }
}

function durationsOf(all: Map<string, Durations>, labels: string): Durations {
  const known = all.get(labels)
  if (known !== undefined) return known
  const made = { labels, buckets: bounds.map(() => 0), count: 0, sum: 0 }
  all.set(labels, made)
  return made
}

function addDuration(durations: Durations, seconds: number): void {
  durations.count++
  durations.sum += seconds
  const i = bounds.findIndex((bound) => seconds <= bound)
  if (i >= 0) durations.buckets[i] = (durations.buckets[i] ?? 0) + 1
}

function countLines(name: string, counts: ReadonlyMap<string, number>): string[] {
  return [
    `# HELP ${name} Requests answered, by kind of route, method and status.`,
    `# TYPE ${name} counter`,
    ...[...counts].map(([labels, count]) => `${name}{${labels}} ${count}`),
    '',
  ]
}

function durationLines(name: string, durations: ReadonlyMap<string, Durations>): string[] {
  return [
    `# HELP ${name} Time from the head of a request to the end of its answer, by kind of route and method.`,
    `# TYPE ${name} histogram`,
    ...[...durations.values()].flatMap(({ labels, buckets, count, sum }) => {
      let below = 0
      const lines = bounds.map((bound, i) => {
        below += buckets[i] ?? 0
        return `${name}_bucket{${labels},le="${bound}"} ${below}`
      })
      return [
        ...lines,
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${sum}`,
        `${name}_count{${labels}} ${count}`,
      ]
    }),
    '',
  ]
}
