import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { createService } from './create-service.ts'
import { imageOf, named } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const team = named('team/app')
const [bytes, one] = [Buffer.from('of another registry'), imageOf('one')]
const digest = digestOf(bytes)

test('bytes that a killed process took without a row go at the next start', async (t) => {
  const folder = temporaryFolder(t)
  const [root, path] = [join(folder, 'root'), join(folder, 'theirs')]
  mkdirSync(root)
  writeFileSync(path, bytes)
  const driver = { ...(await openFileDriver(root)), close: async () => undefined }
  const metadata: RowStore = { ...createMemoryMetadata(), close: async () => undefined }
  const cut: RowStore = {
    ...metadata,
    commit: async (change) => {
      if (change.put?.some(({ key }) => key.startsWith('link ')) === true) throw new Error('killed')
      return metadata.commit(change)
    },
  }
  const first = await createService({ driver, metadata: cut, limits: { reserve: 0 } })
  await t.throwsAsync(first.takeOver.blob(team, digest, { path, at: 1 }), { message: 'killed' })
  t.is(await driver.size(digest), bytes.length)
  await first.close()
  const next = await createService({ driver, metadata, limits: { reserve: 0 } })
  for (const end = Date.now() + 5000; (await driver.size(digest)) !== undefined && Date.now() < end; ) await sleep(5)
  t.is(await driver.size(digest), undefined)
  t.is(await next.takeOver.blob(team, digest, { path, at: 1 }), 'linked')
  t.is(await next.takeOver.blob(team, digest, { path, at: 1 }), 'known')
  t.is(await next.takeOver.blob(named('other'), digest, { path: `${path}-none`, at: 1 }), 'shared')
  await next.close()
})

test('what is forgotten is not taken, until it is remembered', async (t) => {
  const { service } = await memoryRegistry()
  const path = join(temporaryFolder(t), 'theirs')
  writeFileSync(path, bytes)
  const manifest = { digest: one.digest, mediaType: one.mediaType, bytes: one.bytes, at: 1 }
  for (const each of [digest, one.digest]) await service.takeOver.forget(team, each)
  t.is(await service.takeOver.blob(team, digest, { path, at: 1 }), 'gone')
  t.false(await service.takeOver.manifest(team, manifest))
  t.is(await service.takeOver.tag(team, '1', manifest), 'known')
  for (const each of [digest, one.digest]) await service.takeOver.remember(team, each)
  t.is(await service.takeOver.tag(team, '1', manifest), 'no-manifest')
  t.is(await service.takeOver.blob(team, digest, { path, at: 1 }), 'copied')
  t.true(await service.takeOver.manifest(team, manifest))
  t.false(await service.takeOver.manifest(team, manifest))
  t.is(await service.takeOver.tag(team, '1', manifest), 'set')
  t.is(await service.takeOver.tag(team, '1', manifest), 'known')
  await service.close()
})

test('whoever ends the reading hears of it, and nothing is taken', async (t) => {
  const { service, driver } = await memoryRegistry()
  const path = join(temporaryFolder(t), 'theirs')
  writeFileSync(path, bytes)
  const rest = async (): Promise<void> => {
    throw new Error('stopped')
  }
  await t.throwsAsync(service.takeOver.blob(team, digest, { path, at: 1, rest }), { message: 'stopped' })
  t.is(await driver.size(digest), undefined)
  await service.close()
})

test('read-only nothing is taken', async (t) => {
  const { service } = await memoryRegistry()
  await service.setReadOnly(true)
  await t.throwsAsync(service.takeOver.blob(team, digest, { path: '/none', at: 1 }), { code: 'DENIED' })
  await t.throwsAsync(service.takeOver.forget(team, digest), { code: 'DENIED' })
  await service.close()
})
