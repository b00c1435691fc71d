import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { pushArtifact, pushBlob } from '../service/testing/images.ts'
import { tagRows } from '../storage/rows.ts'
import { type FindingCode, findingCodes } from './finding-codes.ts'
import { isInOrder } from './fsck.ts'
import { damages, set, stranger, write } from './testing/damages.ts'
import { app, base, both, copy, copyStore, makeStore, other, type Store, signature, team } from './testing/store.ts'
import type { Finding } from './types.ts'

const test = anyTest as TestFn<{ readonly store: Store }>

test.before(async (t) => {
  t.context = { store: await makeStore(mkdtempSync(join(tmpdir(), 'ibuild-fsck-'))) }
})

test.after.always((t) => rmSync(t.context.store.root, { recursive: true, force: true }))

for (const { title, damage, found, isLost = false, isDeep = false } of damages) {
  test(`finds, mends and serves: ${title}`, async (t) => {
    const store = ownStore(t)
    await damage(store)
    const before = tree(store)
    const report = await store.check({ isDeep })
    t.deepEqual(counts(report.findings), found)
    t.deepEqual(tree(store), before, 'a report changes no blob')
    const repair = await store.check({ isRepair: true, isDeep })
    t.is(isInOrder(repair.summary), !isLost, JSON.stringify(repair.findings))
    if (isLost) await pushAll(store)
    const after = await store.check({ isDeep: true })
    t.true(isInOrder(after.summary), JSON.stringify(after.findings))
    // A manifest that is pushed anew leaves a row that the next start clears.
    const isLeftover = ({ code, severity }: Finding): boolean =>
      severity === 'leftover' && !(isLost && code === 'doomed')
    t.deepEqual(after.findings.filter(isLeftover), [])
    await pulls(t, store)
  })
}

test('every code is found by a test', (t) => {
  const tested = new Set(damages.flatMap(({ found }) => Object.keys(found)))
  const elsewhere = ['metadata-lost', 'metadata-repaired', 'aside']
  t.deepEqual(
    Object.keys(findingCodes).filter((code) => !tested.has(code) && !elsewhere.includes(code)),
    [],
  )
})

test('after the database was lost, manifests are had back under a name that is given', async (t) => {
  const store = ownStore(t)
  rmSync(store.layout.metadata, { recursive: true })
  const report = await store.check()
  t.false(existsSync(store.layout.metadata), 'a report makes no database')
  t.is(counts(report.findings)['metadata-lost'], 1)
  t.is(counts(report.findings)['manifest-unnamed'], 5)
  const plain = await store.check({ isRepair: true })
  t.false(isInOrder(plain.summary))
  t.is(
    plain.findings.filter(({ code, isMended }) => code === 'bytes-unnamed' && isMended).length,
    0,
    'what manifests may need stays',
  )
  const found = await store.check({ isRepair: true, recover: team })
  t.true(isInOrder(found.summary), JSON.stringify(found.findings))
  await store.serve(async (service) => {
    const { items } = await service.tags(team, { count: 100, last: undefined })
    t.deepEqual([...items].sort(), [base, both].map(({ digest }) => `recovered-${digest.slice(7, 19)}`).sort())
  })
  await pulls(t, store, [team])
  t.true(isInOrder((await store.check({ isDeep: true })).summary))
})

test('a database that is damaged is repaired when it is opened, and that is told', async (t) => {
  const store = ownStore(t)
  rmSync(join(store.layout.metadata, 'CURRENT'))
  const { findings } = await store.check({ isRepair: true })
  t.is(counts(findings)['metadata-repaired'], 1)
  t.true(isInOrder((await store.check({ isRepair: true })).summary))
  await pulls(t, store)
})

test('what is set aside is kept with its bytes, and rows as they were', async (t) => {
  const store = ownStore(t)
  write(store.file(stranger), 'of nobody')
  await set(tagRows.key(team, 'v1'), '{"digest')(store)
  await store.check({ isRepair: true })
  const aside = readdirSync(store.layout.aside)
  const unnamed = aside.find((name) => name.startsWith('unnamed-sha256-')) ?? ''
  t.is(readFileSync(join(store.layout.aside, unnamed), 'utf8'), 'of nobody')
  const rows = aside.find((name) => name.endsWith('.jsonl')) ?? ''
  t.deepEqual(JSON.parse(readFileSync(join(store.layout.aside, rows), 'utf8')), {
    key: tagRows.key(team, 'v1'),
    value: '{"digest',
  })
  const { findings, summary } = await store.check()
  t.deepEqual(counts(findings), { aside: 1 })
  t.regex(findings[0]?.detail ?? '', /^2 files, \d+ bytes$/)
  t.true(isInOrder(summary))
})

test('a check ends when it is asked to', async (t) => {
  const store = ownStore(t)
  const stop = new AbortController()
  await t.throwsAsync(
    store.check({ signal: stop.signal, onProgress: ({ phase }) => phase === 'manifests' && stop.abort() }),
    { name: 'AbortError' },
  )
  t.deepEqual((await store.check()).findings, [])
})

test('there is no registry', async (t) => {
  const store = ownStore(t)
  rmSync(store.layout.folder, { recursive: true })
  await t.throwsAsync(store.check(), { message: /there is no registry/ })
})

function ownStore(t: ExecutionContext<{ readonly store: Store }>): Store {
  return copyStore(t.context.store, join(temporaryFolder(t), 'data'))
}

function counts(findings: readonly { readonly code: FindingCode }[]): Partial<Record<FindingCode, number>> {
  return Object.fromEntries([...Map.groupBy(findings, ({ code }) => code)].map(([code, some]) => [code, some.length]))
}

/** Names of all files but the database's. */
function tree({ layout }: Store): string[] {
  return readdirSync(layout.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('metadata'))
    .sort()
}

async function pushAll(store: Store): Promise<void> {
  await store.serve(async (service) => {
    await pushArtifact(service, team, base)
    await pushArtifact(service, team, app, ['latest', 'v1'])
    await pushArtifact(service, team, other)
    await pushArtifact(service, team, both, ['multi'])
    await pushArtifact(service, copy, base, ['v1'])
    for (const blob of base.blobs) await pushBlob(service, copy, blob)
  })
}

/** All that was pushed, whole, by its digest and by its tags. */
async function pulls(t: ExecutionContext, store: Store, names = [team, copy]): Promise<void> {
  const images = { [team]: [base, app, other, both, signature], [copy]: [base] }
  await store.serve(async (service) => {
    for (const name of names) {
      for (const { digest, bytes, blobs } of images[name] ?? []) {
        t.deepEqual(Buffer.from((await service.manifests.get(name, { digest })).bytes), bytes)
        for (const blob of blobs) {
          const reader = await service.blobs.open(name, digestOf(blob))
          const read = Buffer.alloc(reader.size)
          await reader.read(read, 0)
          await reader.close()
          t.deepEqual(read, blob)
        }
      }
    }
    if (!names.includes(copy)) return
    t.is((await service.manifests.get(team, { tag: 'v1' })).digest, app.digest)
    t.is((await service.manifests.get(team, { tag: 'latest' })).digest, app.digest)
    t.is((await service.manifests.get(team, { tag: 'multi' })).digest, both.digest)
    await t.throwsAsync(service.manifests.get(team, { tag: 'old' }))
    await service.manifests.put(team, { tag: 'v1' }, { bytes: app.bytes, contentType: app.mediaType, tags: ['next'] })
    t.deepEqual((await service.catalog({ count: 10, last: undefined })).items, [team, copy])
  })
}
