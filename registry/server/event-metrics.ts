import type { EndpointStatus, EventsStatus } from '../events/events-admin.ts'

type Metric = readonly [name: string, type: 'gauge' | 'counter', help: string, value: (one: EndpointStatus) => number]

const metrics: readonly Metric[] = [
  ['backlog', 'gauge', 'Events that the endpoint does not have yet.', ({ backlog }) => backlog],
  ['dead_letters', 'gauge', 'Dead letters that are kept.', ({ deadLetters }) => deadLetters],
  ['failing', 'gauge', '1 while the endpoint takes no events.', ({ counts }) => (counts?.isFailing === true ? 1 : 0)],
  ['delivered_total', 'counter', 'Events that the endpoint took.', ({ counts }) => counts?.delivered ?? 0],
  ['failed_total', 'counter', 'Tries to send events that came to nothing.', ({ counts }) => counts?.failed ?? 0],
  ['dead_total', 'counter', 'Events that were given up.', ({ counts }) => counts?.dead ?? 0],
]

/** Text of Prometheus about receivers of events, under their names, which need no escapes; nothing when there are none. */
export function eventMetrics(prefix: string, { endpoints, untoldPulls }: EventsStatus): string {
  if (endpoints.length === 0) return ''
  const lines = metrics.flatMap(([name, type, help, value]) => [
    ...headOf(`${prefix}events_${name}`, type, help),
    ...endpoints.map((one) => `${prefix}events_${name}{endpoint="${one.name}"} ${value(one)}`),
    '',
  ])
  const untold = `${prefix}events_untold_pulls_total`
  const last = [...headOf(untold, 'counter', 'Pulls that no endpoint is told of.'), `${untold} ${untoldPulls}`, '']
  return `${[...lines, ...last].join('\n')}\n`
}

function headOf(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}
