import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { IbuildError } from '../../shared/base/errors.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { eventRows } from '../storage/rows.ts'
import { startReceiver, waitUntil } from './testing/receiver.ts'
import { endpointAt, eventCount, openScene, settingsFor } from './testing/scene.ts'

const tagsOf = (events: readonly { readonly target: Readonly<Record<string, unknown>> }[]): unknown[] =>
  events.map(({ target }) => target['tag'])
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`)

test('without endpoints nothing is written', async (t) => {
  const scene = await openScene(t)
  await scene.configure(settingsFor([]))
  await scene.push('a')
  t.is(await eventCount(scene.metadata), 0)
})

test('what no endpoint wants is not written', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url, { actions: ['delete'] })]))
  await scene.push('a')
  t.is(await eventCount(scene.metadata), 0)
})

test('events come in their order, several at a time, in envelopes of the type', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url, { headers: { Authorization: ['Bearer x'] } })]))
  await scene.push(...many(250))
  await receiver.until(() => receiver.taken.length >= 250)
  t.deepEqual(tagsOf(receiver.taken), many(250))
  t.is(new Set(receiver.taken.map(({ id }) => id)).size, 250)
  t.true(receiver.envelopes.length < 250)
  const [first] = receiver.envelopes
  t.is(first?.headers['content-type'], 'application/vnd.docker.distribution.events.v2+json')
  t.is(first?.headers.authorization, 'Bearer x')
  t.is(first?.headers['x-ibuild-signature'], undefined)
  t.deepEqual(Object.keys(JSON.parse(String(first?.body))), ['events'])
})

test('what is sent is signed with the secret and the time', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  const secret = Buffer.from('a secret of some length')
  await scene.configure(settingsFor([endpointAt(receiver.url, { secret })]))
  await scene.push('a')
  await receiver.until(() => receiver.taken.length === 1)
  const [envelope] = receiver.envelopes
  const [, seconds = '', hex] = /^t=(\d+),v1=([\da-f]{64})$/.exec(String(envelope?.headers['x-ibuild-signature'])) ?? []
  t.true(Math.abs(Number(seconds) - Date.now() / 1000) < 60)
  t.is(
    hex,
    createHmac('sha256', secret)
      .update(`${seconds}.${String(envelope?.body)}`)
      .digest('hex'),
  )
})

test('a receiver that fails gets the same events again, and none is left out or changes places', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  let asked = 0
  receiver.answer = () => {
    asked++
    if (asked % 4 === 0) return (response) => void response.destroy()
    if (asked % 4 === 1) return (response) => void response.socket?.end('no HTTP at all\r\n\r\n')
    return asked % 4 === 2 ? 500 : 200
  }
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  await scene.push(...many(120))
  await scene.idle()
  t.deepEqual(tagsOf(receiver.taken), many(120))
  const { counts } = await scene.status()
  t.is(counts?.delivered, 120)
  t.true((counts?.failed ?? 0) >= 3)
})

test('redirects are not followed, and what follows an answer is not read to its end', async (t) => {
  const scene = await openScene(t)
  const [receiver, elsewhere] = [await startReceiver(t), await startReceiver(t)]
  receiver.answer = () => (response) => void response.writeHead(307, { Location: elsewhere.url }).end()
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  await scene.push('a')
  await receiver.until(() => receiver.envelopes.length >= 3)
  t.is(elsewhere.envelopes.length, 0)
  t.regex((await scene.status()).counts?.failure ?? '', /answers 307 \(redirects are not followed\)/)
  let isOver = false
  receiver.answer = () => (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1)
    response.once('close', () => {
      clearInterval(timer)
      isOver = true
    })
  }
  await scene.idle()
  await receiver.until(() => isOver)
  t.is((await scene.status()).counts?.delivered, 1)
})

test('a receiver that does not answer in time is asked again', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => (receiver.envelopes.length < 3 ? () => undefined : 200)
  await scene.configure(settingsFor([endpointAt(receiver.url, { timeout: 200 })]))
  await scene.push('a')
  await scene.idle()
  t.true(receiver.envelopes.length >= 3)
  t.true(((await scene.status()).counts?.failed ?? 0) >= 2)
})

test('of two endpoints one that is down holds up the other in nothing', async (t) => {
  const scene = await openScene(t)
  const [up, down] = [await startReceiver(t), await startReceiver(t)]
  await down.close()
  await scene.configure(settingsFor([endpointAt(up.url), endpointAt(down.url, { name: 'two' })]))
  await scene.push(...many(30))
  await up.until(() => up.taken.length === 30)
  await waitUntil(
    async () => (await scene.status('two')).counts?.isFailing === true,
    () => 'not failing',
  )
  const two = await scene.status('two')
  t.is(two.backlog, 30)
  t.regex(two.counts?.failure ?? '', /connection refused/)
  t.deepEqual(scene.warnings, ['events are not taken'], 'told once')
  const back = await startReceiver(t, Number(new URL(down.url).port))
  await scene.idle('two')
  t.deepEqual(tagsOf(back.taken), many(30))
})

test('an event that a receiver will not take is found, and given up; the others come', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  receiver.answer = ({ events }) => (tagsOf(events).includes('t17') ? 400 : 200)
  await scene.configure(settingsFor([endpointAt(receiver.url, { backoff: 1 })]))
  await scene.push(...many(40))
  await scene.idle()
  t.deepEqual(
    tagsOf(receiver.taken),
    many(40).filter((tag) => tag !== 't17'),
  )
  const dead = await scene.outbox.admin.dead('one', 0)
  t.deepEqual(
    dead.map(({ number, reason }) => [number, reason]),
    [[18, `${new URL(receiver.url).host}: it answers 400`]],
  )
  receiver.answer = () => 200
  t.is(await scene.outbox.admin.replay('one', 'dead'), 1)
  await scene.idle()
  t.is(receiver.taken.at(-1)?.target['tag'], 't17')
  t.is(receiver.taken.at(-1)?.id, dead[0]?.event['id'] as unknown as string)
  t.deepEqual(await scene.outbox.admin.dead('one', 0), [])
})

test('what is too old while a receiver fails is given up, and no more than that', async (t) => {
  let time = 1_000_000
  const scene = await openScene(t, { now: () => time })
  const receiver = await startReceiver(t)
  receiver.answer = () => 503
  await scene.configure(settingsFor([endpointAt(receiver.url, { maxAge: 1000 })]))
  await scene.push('old', 'older')
  await receiver.until(() => receiver.envelopes.length > 4)
  t.is((await scene.status()).deadLetters, 0)
  time += 5000
  await scene.push('new')
  await waitUntil(
    async () => (await scene.status()).deadLetters === 2,
    () => 'no dead letters',
  )
  receiver.answer = () => 200
  await scene.idle()
  t.deepEqual(tagsOf(receiver.taken), ['new'])
})

test('a receiver that takes nothing at all loses a few events, and no more', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => 400
  await scene.configure(settingsFor([endpointAt(receiver.url, { backoff: 1 })]))
  await scene.push(...many(8))
  await waitUntil(
    async () => (await scene.status()).counts?.isFailing === true && (await scene.status()).deadLetters === 3,
    () => 'not failing',
  )
  await sleep(100)
  t.is((await scene.status()).deadLetters, 3)
  receiver.answer = () => 200
  await scene.idle()
  t.deepEqual(tagsOf(receiver.taken), many(8).slice(3))
})

test('of dead letters the last ones are kept', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => 503
  const endpoint = endpointAt(receiver.url, { backoff: 1, threshold: 1, maxAge: 1 })
  await scene.configure(settingsFor([endpoint], { deadLetters: 3 }))
  await scene.push(...many(8))
  await scene.idle()
  const dead = await scene.outbox.admin.dead('one', 0)
  t.deepEqual(
    dead.map(({ number }) => number),
    [6, 7, 8],
  )
})

test('an endpoint that is too far behind loses the oldest events, and nothing of it grows without end', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => 503
  await scene.configure(settingsFor([endpointAt(receiver.url)], { limit: 10, deadLetters: 5 }))
  await scene.push(...many(30))
  await waitUntil(
    async () => (await scene.status()).backlog === 10,
    () => 'the backlog stays long',
  )
  receiver.answer = () => 200
  await scene.idle()
  t.deepEqual(tagsOf(receiver.taken), many(30).slice(20))
  t.is((await scene.status()).deadLetters, 5)
})

test('a replay tells again from a number on, with the same IDs', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  await scene.push(...many(20))
  await scene.idle()
  const before = receiver.taken.map(({ id }) => id)
  t.is(await scene.outbox.admin.replay('one', 11), 10)
  await receiver.until(() => receiver.taken.length === 30)
  await scene.idle()
  t.deepEqual(
    receiver.taken.slice(20).map(({ id }) => id),
    before.slice(10),
  )
  const ahead = { code: 'OBJECT_NOT_FOUND', message: /up to 20 only/ }
  const refused = await t.throwsAsync<IbuildError>(scene.outbox.admin.replay('one', 22), ahead)
  t.regex(refused?.hint ?? '', /events status/)
  await t.throwsAsync(scene.outbox.admin.replay('two', 1), { code: 'OBJECT_NOT_FOUND' })
})

test('a replay that comes while events are on their way is not taken back by their answer', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  await scene.push('a')
  await scene.idle()
  receiver.answer = () => (response) => {
    receiver.answer = () => 200
    void scene.outbox.admin.replay('one', 1).then(() => response.writeHead(200).end())
  }
  await scene.push('b')
  await receiver.until(() => receiver.taken.length === 3)
  t.deepEqual(tagsOf(receiver.taken), ['a', 'a', 'b'])
})

test('a new endpoint begins at now, and one that is gone frees what waited for it', async (t) => {
  const scene = await openScene(t)
  const [one, two] = [await startReceiver(t), await startReceiver(t)]
  one.answer = () => 503
  const first = endpointAt(one.url)
  const second = endpointAt(two.url, { name: 'two' })
  await scene.configure(settingsFor([first], { retain: 0 }))
  await scene.push('a', 'b')
  await scene.configure(settingsFor([first, second], { retain: 0 }))
  await scene.push('c')
  await two.until(() => two.taken.length === 1)
  t.deepEqual(tagsOf(two.taken), ['c'])
  t.is((await scene.status()).backlog, 3)
  await scene.configure(settingsFor([second], { retain: 0 }))
  const isEmpty = async (): Promise<boolean> =>
    (await scene.metadata.list({ prefix: eventRows.prefix(), limit: 1 })).length === 0
  await waitUntil(isEmpty, () => 'events are kept that nobody wants')
  t.deepEqual(
    (await scene.outbox.admin.status()).endpoints.map(({ name }) => name),
    ['two'],
  )
  await scene.configure(settingsFor([first, second]))
  t.is((await scene.status()).backlog, 0, 'it begins anew')
})

test('events that all have are kept for a replay as long as they are young', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  const endpoint = endpointAt(receiver.url)
  await scene.configure(settingsFor([endpoint]))
  await scene.push(...many(5))
  await scene.idle()
  await scene.configure(settingsFor([endpoint]))
  await sleep(50)
  t.is((await scene.outbox.admin.status()).oldest, 1)
  await scene.configure(settingsFor([endpoint], { limit: 2 }))
  await waitUntil(
    async () => (await scene.outbox.admin.status()).oldest === 4,
    () => 'more than the limit are kept',
  )
  await t.throwsAsync(scene.outbox.admin.replay('one', 3), { message: /the first that is kept is 4/ })
})

test('another process goes on where one was ended, and sends again what nobody knows of', async (t) => {
  const metadata = createMemoryMetadata()
  const receiver = await startReceiver(t)
  const settings = settingsFor([endpointAt(receiver.url)])
  const first = await openScene(t, { metadata })
  await first.configure(settings)
  await first.push('a')
  await first.idle()
  receiver.answer = () => () => undefined
  await first.push('b')
  await receiver.until(() => receiver.envelopes.length === 2)
  await first.outbox.close()
  receiver.answer = () => 200
  const second = await openScene(t, { metadata })
  await second.push('c')
  t.is(await eventCount(metadata), 3, 'also before it is configured, because somebody was told before')
  await second.configure(settings)
  await receiver.until(() => receiver.taken.length === 3)
  t.deepEqual(tagsOf(receiver.taken), ['a', 'b', 'c'])
  const [b, again] = [receiver.envelopes[1]?.events[0]?.id, receiver.envelopes[2]?.events[0]?.id]
  t.is(b, again)
})

test('while nothing may be written, what was sent is not sent again and again', async (t) => {
  const scene = await openScene(t)
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  scene.isWritable = false
  await scene.push('a')
  await receiver.until(() => receiver.envelopes.length === 1)
  await scene.push('b')
  await sleep(100)
  t.is(receiver.envelopes.length, 1)
  scene.isWritable = true
  await receiver.until(() => receiver.taken.length === 2)
  t.deepEqual(tagsOf(receiver.taken), ['a', 'b'])
})

test('a disk that is full for a while loses nothing, and sends nothing twice', async (t) => {
  const memory = createMemoryMetadata()
  let isFull = false
  const metadata = {
    ...memory,
    commit: async (change: Parameters<typeof memory.commit>[0]) => {
      if (isFull) throw new Error('no space left')
      await memory.commit(change)
    },
  }
  const scene = await openScene(t, { metadata })
  const receiver = await startReceiver(t)
  await scene.configure(settingsFor([endpointAt(receiver.url)]))
  receiver.answer = () => {
    isFull = true
    return 200
  }
  await scene.push('a')
  await receiver.until(() => receiver.envelopes.length === 1)
  await t.throwsAsync(scene.push('refused'))
  await sleep(50)
  t.is(receiver.envelopes.length, 1)
  receiver.answer = () => 200
  isFull = false
  await scene.push('b')
  await scene.idle()
  t.deepEqual(tagsOf(receiver.taken), ['a', 'b'])
})
