import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { named, pushBlob } from '../service/testing/images.ts'
import { looseRows } from '../storage/gc-rows.ts'
import { paced } from './pace.ts'
import { collectedRegistry } from './testing/collected-registry.ts'

const range = { prefix: looseRows.prefix(), limit: 1 }

test('a call waits for clients, but not for ever, and it is remembered for a while', async (t) => {
  const { inner, pass } = await collectedRegistry(t)
  let isAsked = false
  const { parts, isAmongClients } = paced({
    ...inner,
    isAsked: () => isAsked,
    settings: () => ({ enabled: true, delay: 0, lease: 0, untagged: { remove: true, keep: 0 } }),
  })
  await parts.metadata.list(range)
  t.false(isAmongClients())
  isAsked = true
  let isDone = false
  const listed = parts.metadata.list(range).then(() => (isDone = true))
  for (let i = 0; i < 20; i++) await Promise.resolve()
  t.false(isDone)
  await listed
  t.true(isAmongClients())
  isAsked = false
  pass(2000)
  t.false(isAmongClients())
})

test('not many calls are under way at once, and all come to their turn', async (t) => {
  const { inner } = await collectedRegistry(t)
  let [running, most] = [0, 0]
  const list: typeof inner.metadata.list = async (asked) => {
    most = Math.max(most, ++running)
    await sleep(1)
    running--
    return inner.metadata.list(asked)
  }
  const settings = { enabled: true, delay: 0, lease: 0, untagged: { remove: true, keep: 0 } }
  const { parts } = paced({ ...inner, metadata: { ...inner.metadata, list }, settings: () => settings })
  t.is((await Promise.all(Array.from({ length: 9 }, () => parts.metadata.list(range)))).length, 9)
  t.is(most, 2)
})

test('who pushes is asked for; what the registry does by itself is not', async (t) => {
  let isAskedNow: (() => boolean) | undefined
  const seen: boolean[] = []
  const { inner, service } = await collectedRegistry(t, {
    tell: () => {
      seen.push(isAskedNow?.() ?? false)
      return []
    },
  })
  isAskedNow = inner.isAsked
  t.false(inner.isAsked())
  await pushBlob(service, named('app'), Buffer.from('x'))
  t.deepEqual(seen, [true])
  await inner.housekeep(async () => void seen.push(inner.isAsked()))
  t.deepEqual(seen, [true, false])
  t.false(inner.isAsked())
})
