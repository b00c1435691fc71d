import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { imageOf, named, pushArtifact, pushBlob } from '../service/testing/images.ts'
import { reviewRows } from '../storage/gc-rows.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { collectedRegistry, day, hour, second } from './testing/collected-registry.ts'
import type { GcRoots } from './types.ts'

const app = named('team/app')
const blobs = Array.from({ length: 5 }, (_, i) => Buffer.from(`blob ${i}`))

test('what a source of roots names stays as long as it does', async (t) => {
  const kept = new Set([digestOf(blobs[1] ?? '')])
  const roots: GcRoots = { name: 'targets', keeps: async () => kept }
  const { service, collector, pass } = await collectedRegistry(t, { roots: [roots] })
  for (const blob of blobs) await pushBlob(service, app, blob)
  pass(2 * hour)
  t.like(await collector.run(), { links: 4 })
  await t.notThrowsAsync(service.blobs.size(app, digestOf(blobs[1] ?? '')))
  const [explanation] = await collector.explain({ name: app, digest: digestOf(blobs[1] ?? '') })
  t.deepEqual(explanation?.keptBy, [[{ kind: 'root', source: 'targets' }]])
  kept.clear()
  pass(day + second)
  t.like(await collector.run(), { links: 1 })
})

for (const [what, keeps] of [
  ['fails', async () => Promise.reject(new Error('the notary is away'))],
  ['does not answer', async () => new Promise<never>(() => {})],
] as const) {
  test(`while a source of roots ${what} nothing goes, and that is said`, async (t) => {
    let answer: GcRoots['keeps'] = keeps
    const roots: GcRoots = { name: 'targets', keeps: (name, digests) => answer(name, digests) }
    const fine: GcRoots = { name: 'others', keeps: async () => new Set() }
    const registry = await collectedRegistry(t, { roots: [fine, roots], patience: 20 })
    const { service, collector, pass, notices } = registry
    for (const blob of blobs) await pushBlob(service, app, blob)
    pass(2 * hour)
    const round = await collector.run()
    t.like(round, { links: 0, reviewed: 0 })
    t.regex(round.held.join(), /cannot be asked: targets: /)
    t.regex((await collector.status()).held.join(), /targets/)
    await collector.run()
    t.is(notices.length, 1, 'it is told once')
    answer = async () => new Set()
    t.like(await collector.run(), { links: 5, held: [] })
  })
}

test('one that fails holds up no other, is told of, and is tried again later and later', async (t) => {
  const memory = createMemoryDriver()
  const bad = digestOf(blobs[2] ?? '')
  let isBroken = true
  const { metadata, ...stores } = brokenFor(bad, () => isBroken)
  const registry = await collectedRegistry(t, { driver: memory, metadata })
  const { service, collector, pass, notices } = registry
  for (const blob of blobs) await pushBlob(service, app, blob)
  pass(2 * hour)
  t.like(await collector.run(), { links: 4, failures: 1 })
  t.regex(notices.join(), /could not be looked at, 1 times/)
  t.like((await collector.status()).failures[0], { digest: bad, tries: 1, message: 'this row cannot be read' })
  t.like(await collector.run(), { reviewed: 0 })
  pass(12 * second)
  t.like(await collector.run(), { failures: 1 })
  pass(12 * second)
  t.like(await collector.run(), { reviewed: 0 })
  pass(10 * second)
  t.like(await collector.run(), { failures: 1 })
  isBroken = false
  pass(hour)
  t.like(await collector.run(), { links: 1, failures: 0 })
  t.truthy(stores)
})

/** Metadata of which the rows of one digest cannot be read together, as a collector reads them. */
function brokenFor(digest: string, isBroken: () => boolean): { metadata: RowStore } {
  const memory = createMemoryMetadata()
  const getMany: RowStore['getMany'] = async (keys) => {
    if (isBroken() && keys.some((key) => key.startsWith('loose ') && key.endsWith(digest))) {
      throw new Error('this row cannot be read')
    }
    return memory.getMany(keys)
  }
  return { metadata: { ...memory, getMany } }
}

test('bytes that cannot be removed are removed later', async (t) => {
  const memory = createMemoryDriver()
  let isBroken = true
  const driver = {
    ...memory,
    remove: async (digest: Parameters<typeof memory.remove>[0]) => {
      if (isBroken) throw new Error('EIO')
      return memory.remove(digest)
    },
  }
  const { service, collector, pass } = await collectedRegistry(t, { driver })
  const digest = await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  pass(2 * hour)
  t.like(await collector.run(), { failures: 1 })
  t.truthy(await memory.size(digest))
  isBroken = false
  pass(hour)
  await collector.run()
  t.is(await memory.size(digest), undefined)
})

test('read-only nothing goes, nor when the configuration says so', async (t) => {
  const { service, collector, pass, settings } = await collectedRegistry(t)
  await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  pass(2 * hour)
  await service.setReadOnly(true)
  const round = await collector.run()
  t.is(round.reviewed, 0)
  t.regex(round.held.join(), /read-only/)
  await service.setReadOnly(false)
  settings.enabled = false
  t.regex((await collector.run({ isNow: true })).held.join(), /gc.enabled/)
  settings.enabled = true
  t.like(await collector.run(), { links: 1 })
})

test('asked to, it looks at what is not due; leases and the time of untagged manifests count all the same', async (t) => {
  const { service, collector, pass } = await collectedRegistry(t, { gc: { lease: 1 } })
  await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  await pushArtifact(service, app, imageOf('1'))
  t.like(await collector.run({ isNow: true }), { links: 0, manifests: 0 })
  pass(2 * second)
  t.like(await collector.run({ isNow: true }), { links: 1, manifests: 0 })
})

test('with a clock that is set back nothing waits for years', async (t) => {
  const { service, collector, clock, pass } = await collectedRegistry(t)
  clock.now += 3650 * day
  await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  clock.now -= 3650 * day
  pass(2 * hour)
  t.like(await collector.run(), { links: 1 })
})

test('the status tells what waits and what was done', async (t) => {
  const { service, collector, pass, clock } = await collectedRegistry(t)
  for (const blob of blobs) await pushBlob(service, app, blob)
  const before = await collector.status()
  t.like(before, { isOn: true, held: [], isPrepared: true, queue: { length: 5, isMore: false, due: 0 } })
  t.is(before.leases.count, 5)
  const next = before.queue.nextAt ?? 0
  t.true(next > clock.now + hour - 2 * second && next <= clock.now + hour)
  pass(2 * hour)
  t.is((await collector.status()).queue.due, 5)
  await collector.run()
  const after = await collector.status()
  t.like(after, { queue: { length: 0, due: 0, nextAt: null }, total: { links: 5, blobs: 5, reviewed: 5, failures: 0 } })
  t.is(
    after.lastRound?.freed,
    blobs.reduce((sum, { length }) => sum + length, 0),
  )
})

test('by itself it does what is due, and stops when it is closed', async (t) => {
  const { service, metadata, inner } = await collectedRegistry(t, { isTicking: true, gc: { delay: 0, lease: 0 } })
  const digest = await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  for (let i = 0; i < 100 && (await inner.driver.size(digest)) !== undefined; i++) await sleep(20)
  t.is(await inner.driver.size(digest), undefined)
  await service.close()
  t.deepEqual(await metadata.list({ prefix: reviewRows.prefix(), limit: 1 }), [])
})

test('damaged rows of the queue hold nothing up', async (t) => {
  const { service, collector, pass, metadata } = await collectedRegistry(t)
  await pushBlob(service, app, blobs[0] ?? Buffer.alloc(0))
  const [row] = await metadata.list({ prefix: reviewRows.prefix(), limit: 1 })
  const rows = [
    { key: 'review x y z', value: '' },
    { key: 'review 000000000000001 no', value: '{}' },
    { key: row?.key ?? '', value: '{' },
  ]
  await metadata.commit({ put: rows })
  pass(2 * hour)
  t.like(await collector.run(), { links: 1, failures: 0 })
  t.deepEqual(await metadata.list({ prefix: reviewRows.prefix(), limit: 9 }), [])
})

test('that nothing is left of an earlier version is known soon after the start, however long collection waits', async (t) => {
  const { collector } = await collectedRegistry(t, { isFresh: true, isTicking: true })
  for (const end = Date.now() + 5000; !(await collector.status()).isPrepared; await sleep(10))
    if (Date.now() > end) return t.fail('not within five seconds')
  t.true((await collector.status()).isPrepared)
})
