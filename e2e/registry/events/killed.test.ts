import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type ReceivedEvent, startReceiver, waitUntil } from '../../../registry/events/testing/receiver.ts'
import { startServe } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { pushBlob, pushImage } from '../server/client.ts'

const rounds = 5

test('killed again and again, a registry tells all that it acknowledged, in order, and to each receiver', async (t) => {
  t.timeout(180_000)
  const [good, bad] = [await startReceiver(t), await startReceiver(t)]
  bad.answer = () => (bad.envelopes.length % 3 === 0 ? 200 : 500)
  const root = temporaryFolder(t)
  const config = join(root, 'config.yml')
  const endpoint = { backoff: '20ms', timeout: '2s', actions: ['push'] }
  const endpoints = [
    { ...endpoint, name: 'good', url: good.url },
    { ...endpoint, name: 'bad', url: bad.url },
  ]
  writeFileSync(config, JSON.stringify({ events: { endpoints } }))
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    const served = await startServe(root, { args: ['--config', config] })
    const push = async (): Promise<void> => {
      for (let i = 0; ; i++) {
        const tag = `r${round}-${i}`
        await pushImage(`http://${served.host}`, 'team/app', tag)
        acknowledged.push(tag)
      }
    }
    const before = acknowledged.length
    const pushing = push().catch(() => undefined)
    await waitUntil(
      () => acknowledged.length > before + round,
      () => served.log(),
    )
    await sleep(11 * round)
    await served.close('SIGKILL')
    await pushing
  }
  t.true(acknowledged.length > rounds)
  await using served = await startServe(root, { args: ['--config', config] })
  const last = Buffer.from('the last blob')
  t.is(await pushBlob(`http://${served.host}`, last), 201)
  for (const receiver of [good, bad]) {
    await receiver.until(() => receiver.taken.some(({ target }) => target['size'] === last.length))
    const first = withoutRepeats(receiver.taken)
    const tags = first.map(({ target }) => target['tag']).filter((tag) => tag !== undefined)
    t.deepEqual(
      acknowledged.filter((tag) => !tags.includes(tag)),
      [],
      'told of all',
    )
    const times = first.map(({ timestamp }) => Date.parse(timestamp))
    t.true(
      times.every((time, i) => i === 0 || (times[i - 1] ?? 0) <= time),
      'in order',
    )
    t.deepEqual(tags, [...new Set(tags)], 'one event has one ID, however often it comes')
  }
  t.deepEqual(
    withoutRepeats(good.taken).map(({ id }) => id),
    withoutRepeats(bad.taken).map(({ id }) => id),
  )
})

function withoutRepeats(events: readonly ReceivedEvent[]): readonly ReceivedEvent[] {
  const known = new Set<string>()
  return events.filter(({ id }) => !known.has(id) && known.add(id))
}
