import test from 'ava'
import { requestTally } from './request-tally.ts'

test('requests are counted by their words, durations in buckets that contain the smaller ones', (t) => {
  const tally = requestTally('x_')
  const manifest = { route: 'manifest', method: 'GET', status: '200' }
  for (const seconds of [0.0005, 0.001, 0.003, 0.6, 1000]) tally.add({ ...manifest, seconds })
  tally.add({ ...manifest, status: '404', seconds: 0.25 })
  tally.add({ route: 'blob', method: 'HEAD', status: '404', seconds: 0 })
  const lines = tally.text().split('\n')
  const has = (line: string): boolean => t.true(lines.includes(line), `${line}\n${lines.join('\n')}`)
  has('# TYPE x_requests_total counter')
  has('x_requests_total{route="manifest",method="GET",status="200"} 5')
  has('x_requests_total{route="manifest",method="GET",status="404"} 1')
  has('x_requests_total{route="blob",method="HEAD",status="404"} 1')
  has('# TYPE x_request_duration_seconds histogram')
  const labels = 'route="manifest",method="GET"'
  has(`x_request_duration_seconds_bucket{${labels},le="0.001"} 2`)
  has(`x_request_duration_seconds_bucket{${labels},le="0.005"} 3`)
  has(`x_request_duration_seconds_bucket{${labels},le="0.5"} 4`)
  has(`x_request_duration_seconds_bucket{${labels},le="2"} 5`)
  has(`x_request_duration_seconds_bucket{${labels},le="600"} 5`)
  has(`x_request_duration_seconds_bucket{${labels},le="+Inf"} 6`)
  has(`x_request_duration_seconds_count{${labels}} 6`)
  t.regex(tally.text(), /x_request_duration_seconds_sum\{route="manifest",method="GET"\} 1000\.85/)
})
