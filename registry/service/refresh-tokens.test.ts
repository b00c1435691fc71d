import test from 'ava'
import type { RefreshRow } from '../storage/rows.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const row = (name: string, at = 1): RefreshRow => ({ name, stamp: 's', at, until: at + 10 })

test('a token is kept until it is over, whatever its account is called', async (t) => {
  const { service, metadata } = await memoryRegistry()
  const { refreshTokens: store } = service
  const names = ['ann', 'ann b', 'Änn/%', 'ann c d']
  for (const [i, name] of names.entries()) await store.put(`h${i}`, row(name))
  t.deepEqual(await store.get('h2'), row('Änn/%'))
  t.is(await store.get('none'), undefined)
  t.is(await store.sweep(({ name }) => name !== 'ann'), 3)
  t.deepEqual(
    (await metadata.list({ prefix: 'refresh', limit: 100 })).map(({ key }) => key),
    ['refresh h0', 'refreshed ann h0'],
  )
  t.is(await store.sweep(() => true), 1)
  t.deepEqual(await metadata.list({ prefix: 'refresh', limit: 100 }), [])
  await service.close()
})

test('of one account the oldest tokens go when there are too many, and those of others stay', async (t) => {
  const { service } = await memoryRegistry()
  const { refreshTokens: store } = service
  await store.put('bobs', row('bob', 0))
  for (let i = 0; i < 105; i++) await store.put(`h${i}`, row('ann', 1000 - i))
  await store.put('h50', row('ann', 5000))
  const there = await Promise.all(Array.from({ length: 105 }, (_, i) => store.get(`h${i}`)))
  t.is(there.filter((one) => one !== undefined).length, 100)
  t.truthy(await store.get('h104'), 'the last one is kept, though its clock was behind')
  t.truthy(await store.get('h50'))
  t.truthy(await store.get('bobs'))
  await service.close()
})

test('more tokens than a page are swept', async (t) => {
  const { service } = await memoryRegistry()
  for (let i = 0; i < 1203; i++) await service.refreshTokens.put(`h${i}`, row(`account ${i}`))
  t.is(await service.refreshTokens.sweep(({ name }) => name !== 'account 7'), 1202)
  t.is(await service.refreshTokens.sweep(() => true), 1)
  await service.close()
})

test('while the registry is read-only none is written, and none removed', async (t) => {
  const { service } = await memoryRegistry()
  await service.refreshTokens.put('h', row('ann'))
  await service.setReadOnly(true)
  await t.throwsAsync(service.refreshTokens.put('other', row('ann')))
  await service.refreshTokens.sweep(() => true)
  t.truthy(await service.refreshTokens.get('h'))
  await service.close()
})
