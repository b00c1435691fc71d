import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { app, base, layerOf, makeStore, type Store, team } from '../fsck/testing/store.ts'
import { createService } from '../service/create-service.ts'
import { pushBlob } from '../service/testing/images.ts'
import type { RegistryService } from '../service/types.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { openLevelMetadata } from '../storage/level-metadata.ts'
import { blobRows, settingRows } from '../storage/rows.ts'
import { createScrubber, type ScrubberOptions } from './scrubber.ts'
import type { Scrubber, ScrubStatus } from './types.ts'

interface Scene {
  readonly scrubber: Scrubber
  readonly service: RegistryService
  readonly metadata: RowStore
  readonly told: string[]
}

const rate = 2 ** 40
const day = 86_400_000

async function open({ root, layout }: Store, options: Partial<ScrubberOptions> = {}): Promise<Scene & AsyncDisposable> {
  const driver = await openFileDriver(root, { durability: 'relaxed' })
  const metadata = await openLevelMetadata({ folder: layout.metadata, ballast: 0, durability: 'relaxed' })
  const service = await createService({ driver, metadata })
  const told: string[] = []
  const log = { error: (line: string) => void told.push(line), info: () => undefined }
  const settings = (): { rate: number; every: number } => ({ rate, every: day })
  const parts = { driver, metadata, service, settings, isBusy: () => false, log, firstAfter: 0, resumeAfter: 0 }
  const scrubber = createScrubber({ ...parts, ...options })
  const close = async (): Promise<void> => {
    await scrubber.close()
    await service.close()
  }
  return { scrubber, service, metadata, told, [Symbol.asyncDispose]: close }
}

async function storeFor(t: ExecutionContext): Promise<Store> {
  return makeStore(join(temporaryFolder(t), 'data'))
}

/** Waits until the status is as wanted, ten seconds at most. */
async function until(scrubber: Scrubber, isSo: (status: ScrubStatus) => boolean): Promise<ScrubStatus> {
  for (const end = performance.now() + 10_000; ; await sleep(5)) {
    const status = scrubber.status()
    if (isSo(status)) return status
    if (performance.now() > end) throw new Error(`it did not come: ${JSON.stringify(status)}`)
  }
}

const isDone = ({ last }: ScrubStatus): boolean => last !== null

test('reads blobs and manifests whole, sets corrupt ones aside, counts those without bytes; a push heals', async (t) => {
  const store = await storeFor(t)
  const [corrupt, manifest] = [store.file(layerOf(app)), store.file(base.digest)]
  writeFileSync(corrupt, 'x'.repeat(statSync(corrupt).size))
  writeFileSync(manifest, 'y')
  rmSync(store.file(layerOf(base)))
  await using scene = await open(store)
  const { last, bytesRead, foundCorrupt, pass } = await until(scene.scrubber, isDone)
  t.like(last, { blobs: 13, corrupt: 2, missing: 1 })
  t.is(foundCorrupt, 2)
  t.is(pass, null)
  t.true(bytesRead > 1000)
  t.is(last?.bytes, bytesRead)
  t.false(existsSync(corrupt))
  t.is(readdirSync(store.layout.aside).length, 2)
  t.is(scene.told.length, 2)
  await t.throwsAsync(scene.service.blobs.open(team, layerOf(app)), { message: /damaged/ })
  const [, layer = Buffer.alloc(0)] = app.blobs
  await pushBlob(scene.service, team, layer)
  const reader = await scene.service.blobs.open(team, layerOf(app))
  t.is(reader.size, layer.length)
  await reader.close()
})

test('in a registry that is read-only nothing is set aside', async (t) => {
  const store = await storeFor(t)
  writeFileSync(store.file(layerOf(app)), 'x')
  await store.serve((service) => service.setReadOnly(true))
  await using scene = await open(store)
  t.like((await until(scene.scrubber, isDone)).last, { corrupt: 1 })
  t.true(existsSync(store.file(layerOf(app))))
})

test('what was pushed anew, or deleted, while it was read is not set aside', async (t) => {
  const store = await storeFor(t)
  const [file, bytes] = [store.file(layerOf(app)), app.blobs[1] ?? '']
  writeFileSync(file, 'x'.repeat(bytes.length))
  await using scene = await open(store, { settings: () => ({ rate: 0, every: day }) })
  const driver = await openFileDriver(store.root)
  const { service, metadata } = scene
  // Heals it between the first look and the lock.
  const healing: ScrubberOptions['service'] = {
    housekeep: (work) => service.housekeep(work),
    blobs: {
      setAsideUnless: (digest, isRight) => {
        writeFileSync(file, bytes)
        return service.blobs.setAsideUnless(digest, isRight)
      },
    },
  }
  const log = { error: t.fail, info: () => undefined }
  const settings = (): { rate: number; every: number } => ({ rate, every: day })
  const scrubber = createScrubber({
    driver,
    metadata,
    service: healing,
    settings,
    isBusy: () => false,
    log,
    firstAfter: 0,
  })
  t.like((await until(scrubber, isDone)).last, { corrupt: 0 })
  await scrubber.close()
  await driver.close()
  t.true(existsSync(file))
})

test('a pass goes on where an earlier process was, and the next one waits its time', async (t) => {
  const store = await storeFor(t)
  let now = 1000 * day
  const clock = (): number => now
  const pass = { startedAt: 5, blobs: 7, bytes: 100, corrupt: 0, missing: 0, after: blobRows.key(layerOf(app)) }
  await store.rows((rows) => rows.commit({ put: [settingRows.row(['scrub'], { pass })] }))
  {
    await using scene = await open(store, { now: clock })
    const { last, bytesRead } = await until(scene.scrubber, isDone)
    t.is(last?.startedAt, 5)
    t.is(last?.bytes, 100 + bytesRead)
    t.true((last?.blobs ?? 0) < 7 + 13)
  }
  now += day - 1
  {
    await using scene = await open(store, { now: clock })
    await sleep(50)
    t.like(scene.scrubber.status(), { isRunning: false, pass: null, bytesRead: 0 })
    t.true(scene.scrubber.begin(), 'but one that is asked for begins')
    t.true(scene.scrubber.status().isRunning, 'which is told at once')
    await until(scene.scrubber, ({ last }) => last?.startedAt === now)
  }
  now += day
  await using scene = await open(store, { now: clock })
  await until(scene.scrubber, ({ last }) => last?.startedAt === now)
})

test('a state that cannot be read is none', async (t) => {
  const store = await storeFor(t)
  await store.rows((rows) => rows.commit({ put: [{ key: settingRows.key('scrub'), value: '{"pass":{"after":1}}' }] }))
  await using scene = await open(store)
  t.is((await until(scene.scrubber, isDone)).last?.blobs, 13)
})

test('ends in the midst of a pass, and keeps its place', async (t) => {
  const store = await storeFor(t)
  await using scene = await open(store, { settings: () => ({ rate: 1000, every: day }) })
  await until(scene.scrubber, ({ bytesRead }) => bytesRead > 100)
  const before = performance.now()
  await scene.scrubber.close()
  t.true(performance.now() - before < 1000)
  t.regex((await scene.metadata.get(settingRows.key('scrub'))) ?? '', /"pass":\{.*"after":"(?:blob|holder) sha/)
})

test('a rate of 0 reads nothing, until there is one', async (t) => {
  const store = await storeFor(t)
  let now = 0
  await using scene = await open(store, { settings: () => ({ rate: now, every: day }) })
  t.false(scene.scrubber.begin())
  await sleep(30)
  t.is(scene.scrubber.status().bytesRead, 0)
  now = rate
  t.true(scene.scrubber.begin())
  await until(scene.scrubber, isDone)
})
