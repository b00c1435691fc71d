import test from 'ava'
import { eventMetrics } from './event-metrics.ts'

const none = { last: 0, oldest: null, untoldPulls: 0, endpoints: [] }

test('without endpoints nothing is told', (t) => t.is(eventMetrics('p_', none), ''))

test('each endpoint has a line of each metric', (t) => {
  const counts = { delivered: 5, failed: 2, dead: 1, failure: 'refused', isFailing: true }
  const one = { name: 'ci', url: 'http://ci/', number: 7, backlog: 3, deadLetters: 1, counts }
  const text = eventMetrics('p_', { ...none, untoldPulls: 4, endpoints: [one, { ...one, name: 'b', counts: null }] })
  t.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      'p_events_backlog{endpoint="ci"} 3',
      'p_events_backlog{endpoint="b"} 3',
      'p_events_dead_letters{endpoint="ci"} 1',
      'p_events_dead_letters{endpoint="b"} 1',
      'p_events_failing{endpoint="ci"} 1',
      'p_events_failing{endpoint="b"} 0',
      'p_events_delivered_total{endpoint="ci"} 5',
      'p_events_delivered_total{endpoint="b"} 0',
      'p_events_failed_total{endpoint="ci"} 2',
      'p_events_failed_total{endpoint="b"} 0',
      'p_events_dead_total{endpoint="ci"} 1',
      'p_events_dead_total{endpoint="b"} 0',
      'p_events_untold_pulls_total 4',
    ],
  )
})
