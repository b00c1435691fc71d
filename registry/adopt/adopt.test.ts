import { lstatSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { parseManifestRef } from '../protocol/names.ts'
import {
  artifactOf,
  imageOf,
  indexOf,
  named,
  pushArtifact,
  pushBlob,
  pushed,
  subjectOf,
} from '../service/testing/images.ts'
import type { RegistryService } from '../service/types.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { adopting } from './testing/adopting.ts'

const team = named('team/app')
const page = { count: 100, last: undefined }
const [one, two] = [imageOf('one'), imageOf('two')]
const both = indexOf([one, two])
const [config = Buffer.alloc(0), layer = Buffer.alloc(0)] = one.blobs
const signature = artifactOf(
  { ...JSON.parse(imageOf('signature').bytes.toString()), ...subjectOf(one), artifactType: 'a/signature' },
  imageOf('signature').blobs,
)

/** All that can be read of a repository: text by text. */
async function contentOf(service: RegistryService, name = team): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const { items } = await service.tags(name, page)
  for (const ref of [...items, one.digest, two.digest, both.digest, signature.digest]) {
    const manifest = await service.manifests.get(name, parseManifestRef(ref)).catch(() => undefined)
    found[ref] = manifest === undefined ? 'none' : `${manifest.mediaType} ${Buffer.from(manifest.bytes).toString()}`
  }
  for (const bytes of [...one.blobs, ...two.blobs, ...signature.blobs]) {
    const reader = await service.blobs.open(name, digestOf(bytes)).catch(() => undefined)
    const read = Buffer.alloc(reader?.size ?? 0)
    await reader?.read(read, 0)
    await reader?.close()
    found[digestOf(bytes)] = reader === undefined ? 'none' : read.toString()
  }
  const referrers = await service.referrers(name, one.digest, { page })
  return { ...found, tags: items.join(), referrers: JSON.stringify(referrers) }
}

function filled(tree: Awaited<ReturnType<typeof adopting>>['tree']): void {
  tree.push('team/app', one, ['1', 'latest'])
  tree.push('team/app', two, ['2'])
  tree.push('team/app', both, ['both'])
  tree.push('team/app', signature)
  tree.push('other', two, ['2'])
}

test('everything is served at once, and the same when it was taken over and the tree is gone', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, adoption, tree } = registry
  filled(tree)
  await t.throwsAsync(service.manifests.get(team, { tag: '1' }), { code: 'NAME_UNKNOWN' })
  t.is((await adoption.adopt(registry.folder)).state, 'noted')
  const before = await contentOf(service)
  t.false(Object.values(before).includes('none'))
  t.is(before['tags'], '1,2,both,latest')
  t.regex(before['referrers'] ?? '', new RegExp(signature.digest))
  t.deepEqual((await service.catalog(page)).items, ['other', 'team/app'])

  const status = await registry.finish()
  t.like(status, { state: 'done', repositories: { done: 2, total: 2 } })
  t.like(status.counts, { manifests: 5, tags: 5, flaws: 0, copied: 0 })
  tree.remove(tree.root)
  t.deepEqual(await contentOf(service), before)
  t.deepEqual((await service.catalog(page)).items, ['other', 'team/app'])
  t.deepEqual(registry.warnings, [])
})

test('bytes are shared with the tree, which is not written to', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  filled(registry.tree)
  const listed = (): unknown =>
    readdirSync(registry.tree.root, { recursive: true }).map((name) => {
      const { ino, mtimeMs, mode, size } = lstatSync(join(registry.tree.root, String(name)))
      return [name, ino, mtimeMs, mode, size]
    })
  const before = listed()
  await registry.adoption.adopt(registry.folder)
  await registry.finish()
  t.deepEqual(listed(), before)
  const digest = digestOf(layer)
  t.is(statSync(blobPlace(registryLayout(registry.root), digest).file).ino, statSync(registry.tree.dataOf(digest)).ino)
})

test('times are those of the tree', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  registry.tree.push('team/app', one, ['1'])
  const at = Math.floor(statSync(registry.tree.tagOf('team/app', '1')).mtimeMs)
  await registry.adoption.adopt(registry.folder)
  await registry.finish()
  const row = JSON.parse((await registry.metadata.get('tag team/app 1')) ?? '{}')
  t.is(row.at, at)
})

for (const [when, isDone] of [
  ['while it is taken over', false],
  ['afterwards', true],
] as const) {
  test(`what is pushed and deleted here counts, ${when}`, async (t) => {
    const registry = await adopting(t, temporaryFolder(t))
    const { service, tree, adoption } = registry
    filled(tree)
    await adoption.adopt(registry.folder)
    if (isDone) await registry.finish()

    const three = imageOf('three')
    await pushArtifact(service, team, three, ['latest'])
    await service.manifests.remove(team, { tag: '1' })
    await service.manifests.remove(team, { digest: two.digest })
    const check = async (): Promise<void> => {
      t.is((await service.manifests.get(team, { tag: 'latest' })).digest, three.digest)
      await t.throwsAsync(service.manifests.get(team, { tag: '1' }), { code: 'MANIFEST_UNKNOWN' })
      await t.throwsAsync(service.manifests.get(team, { tag: '2' }), { code: 'MANIFEST_UNKNOWN' })
      await t.throwsAsync(service.manifests.get(team, { digest: two.digest }), { code: 'MANIFEST_UNKNOWN' })
      t.is((await service.manifests.get(team, { digest: one.digest })).digest, one.digest)
      t.deepEqual((await service.tags(team, page)).items, ['both', 'latest'])
    }
    await check()
    await registry.finish()
    await check()
    const again = await registry.again()
    t.is((await again.service.manifests.get(team, { tag: 'latest' })).digest, three.digest)
    await t.throwsAsync(again.service.manifests.get(team, { tag: '1' }), { code: 'MANIFEST_UNKNOWN' })
  })
}

test('a repository that was deleted here whole is in no list', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  filled(registry.tree)
  await registry.adoption.adopt(registry.folder)
  await registry.service.manifests.remove(named('other'), { digest: two.digest })
  t.deepEqual((await registry.service.catalog(page)).items, ['team/app'])
  await t.throwsAsync(registry.service.manifests.remove(named('other'), { digest: two.digest }), {
    code: 'NAME_UNKNOWN',
  })
  await registry.finish()
  t.deepEqual((await registry.service.catalog(page)).items, ['team/app'])
})

test('a push names what only the tree has: blobs, manifests of an index, mounts', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  filled(tree)
  await adoption.adopt(registry.folder)
  const more = imageOf('one', { annotations: { x: 'y' } })
  t.is(await service.blobs.size(team, digestOf(config)), config.length)
  await service.manifests.put(team, { tag: 'more' }, pushed(more))
  await service.manifests.put(team, { tag: 'index' }, pushed(indexOf([one, two], { annotations: { x: 'y' } })))
  const away = named('away')
  t.false(await service.blobs.mount(away, digestOf('nothing'), { from: team }))
  t.false(await service.blobs.mount(away, digestOf(layer), { from: team, isVisible: () => false }))
  t.true(await service.blobs.mount(away, digestOf(layer), { from: team }))
  t.is(await service.blobs.size(away, digestOf(layer)), layer.length)
  await t.throwsAsync(service.manifests.put(away, { tag: 'no' }, pushed(two)), { instanceOf: AggregateError })
})

test('a deleted blob stays away', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  const digest = tree.blob('team/app', Buffer.from('alone'))
  tree.push('team/app', one, ['1'])
  await adoption.adopt(registry.folder)
  await service.blobs.remove(team, digest)
  await t.throwsAsync(service.blobs.size(team, digest), { code: 'BLOB_UNKNOWN' })
  await t.throwsAsync(service.blobs.remove(team, digest), { code: 'BLOB_UNKNOWN' })
  await registry.finish()
  await t.throwsAsync(service.blobs.size(team, digest), { code: 'BLOB_UNKNOWN' })
  t.is(await pushBlob(service, team, Buffer.from('alone')), digest)
  t.is(await service.blobs.size(team, digest), 5)
})

test('what is damaged is told, and all else is taken', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  filled(tree)
  const [three, four, five] = [imageOf('three'), imageOf('four'), imageOf('five')]
  for (const each of [three, four, five]) tree.push('team/app', each, [each.digest.slice(7, 12)])
  tree.write(tree.tagOf('team/app', 'empty'), '')
  tree.write(tree.tagOf('team/app', 'evil'), `sha256:${'../'.repeat(20)}`)
  tree.write(tree.dataOf(three.digest), 'other bytes')
  tree.write(tree.dataOf(digestOf(four.blobs[1] ?? '')), 'other bytes too')
  tree.remove(tree.dataOf(digestOf(five.blobs[1] ?? '')))
  tree.push('old', artifactOf({ mediaType: 'application/vnd.docker.distribution.manifest.v1+json' }), ['1'])
  tree.write(join(tree.root, 'repositories/Not A Name/_manifests/tags/x/current/link'), one.digest)
  symlinkSync('/etc/passwd', join(tree.root, 'repositories/team/app/_manifests/tags/passwd'))
  await adoption.adopt(registry.folder)
  for (const tag of ['empty', 'evil', 'passwd']) {
    await t.throwsAsync(service.manifests.get(team, { tag }), { code: 'NAME_UNKNOWN' })
  }
  const status = await registry.finish()
  const flaws = (await adoption.flaws(100)).map(({ place, kind }) => `${place} ${kind}`)
  t.deepEqual(
    flaws.sort(),
    [
      'Not A Name bad-name',
      `old:1 missing-manifest`,
      `old@${artifactOf({ mediaType: 'application/vnd.docker.distribution.manifest.v1+json' }).digest} not-taken`,
      'team/app:empty empty-link',
      'team/app:evil bad-link',
      'team/app:passwd symbolic-link',
      `team/app:${three.digest.slice(7, 12)} wrong-bytes`,
      `team/app@${digestOf(five.blobs[1] ?? '')} missing-bytes`,
      `team/app@${digestOf(four.blobs[1] ?? '')} wrong-bytes`,
      `team/app@${three.digest} wrong-bytes`,
    ].sort(),
  )
  t.is(status.counts.flaws, flaws.length)
  t.is((await service.manifests.get(team, { tag: 'both' })).digest, both.digest)
})

test('a tree that cannot be reached is no empty tree', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  filled(tree)
  await adoption.adopt(registry.folder)
  const away = `${tree.root}-away`
  renameSync(tree.root, away)
  await t.throwsAsync(service.manifests.get(team, { tag: '1' }), { code: 'UNAVAILABLE' })
  await t.throwsAsync(service.catalog(page), { code: 'UNAVAILABLE' })
  renameSync(away, tree.root)
  t.is((await service.manifests.get(team, { tag: '1' })).digest, one.digest)
})

test('one adoption at a time; the same again finds nothing new; leaving it forgets the rest', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, adoption, tree } = registry
  filled(tree)
  await t.throwsAsync(adoption.adopt(join(registry.folder, 'root')), { code: 'ADOPTION_INVALID' })
  await t.throwsAsync(adoption.leave(), { code: 'ADOPTION_INVALID' })
  await adoption.adopt(registry.folder)
  await adoption.adopt(tree.root)
  const other = await adopting(t, temporaryFolder(t))
  await t.throwsAsync(adoption.adopt(other.folder), { code: 'ADOPTION_INVALID', message: /is being taken over/ })
  await adoption.leave()
  t.is(await adoption.status(), null)
  await t.throwsAsync(service.manifests.get(team, { tag: '1' }), { code: 'NAME_UNKNOWN' })
  await adoption.adopt(registry.folder)
  await registry.finish()
  await service.manifests.remove(team, { tag: '1' })
  await adoption.adopt(registry.folder)
  const status = await registry.finish()
  t.is(status.counts.linked, 0)
  await t.throwsAsync(service.manifests.get(team, { tag: '1' }), { code: 'MANIFEST_UNKNOWN' })
})

test('it goes on where an earlier process ended', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  for (let i = 0; i < 30; i++) registry.tree.push(`many/n${i}`, imageOf(`n${i}`), ['1'])
  await registry.adoption.adopt(registry.folder)
  registry.adoption.begin()
  let next = registry
  for (let i = 0; i < 4; i++) {
    next = await next.again()
    next.adoption.begin()
  }
  const status = await next.finish()
  t.like(status, { repositories: { done: 30, total: 30 } })
  t.like(status.counts, { manifests: 30, tags: 30, blobs: 60, flaws: 0 })
  for (let i = 0; i < 30; i++) {
    t.is((await next.service.manifests.get(named(`many/n${i}`), { tag: '1' })).digest, imageOf(`n${i}`).digest)
  }
})

test('read-only nothing is taken, and everything is served', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  filled(registry.tree)
  await registry.adoption.adopt(registry.folder)
  await registry.service.setReadOnly(true)
  registry.adoption.begin()
  t.is((await registry.service.manifests.get(team, { tag: '1' })).digest, one.digest)
  await t.throwsAsync(registry.service.manifests.remove(team, { tag: '1' }), { code: 'DENIED' })
  t.deepEqual(await registry.metadata.list({ prefix: 'manifest ', limit: 1 }), [])
})

test('rules for tags hold for those that only the tree has', async (t) => {
  const immutableBy =
    () =>
    (tag: string): string | undefined =>
      tag === '1' ? 'a rule' : undefined
  const registry = await adopting(t, temporaryFolder(t), { immutableBy })
  const { service, tree, adoption } = registry
  filled(tree)
  await adoption.adopt(registry.folder)
  await pushArtifact(service, team, two, ['2'])
  await t.throwsAsync(service.manifests.put(team, { tag: '1' }, pushed(two)), { code: 'DENIED' })
  await t.throwsAsync(service.manifests.remove(team, { tag: '1' }), { code: 'DENIED' })
  await t.throwsAsync(service.manifests.remove(team, { digest: one.digest }), { code: 'DENIED' })
  t.is((await service.manifests.get(team, { tag: '1' })).digest, one.digest)
  await registry.finish()
  t.is((await service.manifests.get(team, { tag: '1' })).digest, one.digest)
  t.is((await service.manifests.get(team, { digest: one.digest })).digest, one.digest)
})

test('a blob that a tag keeps from being removed is not forgotten either', async (t) => {
  const immutableBy =
    () =>
    (tag: string): string | undefined =>
      tag === '1' ? 'a rule' : undefined
  const registry = await adopting(t, temporaryFolder(t), { immutableBy })
  const { service, tree, adoption, metadata } = registry
  filled(tree)
  await adoption.adopt(registry.folder)
  await service.manifests.put(team, { tag: '1' }, pushed(one))
  const layer = digestOf(one.blobs[1] ?? '')
  await t.throwsAsync(service.blobs.remove(team, layer), { code: 'DENIED' })
  t.deepEqual(await metadata.list({ prefix: 'forgotten ', limit: 1 }), [])
  await registry.finish()
  t.is(await service.blobs.size(team, layer), one.blobs[1]?.length ?? -1)
})

test('a push on condition, and the history, see the tag of the tree', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  filled(tree)
  await adoption.adopt(registry.folder)
  await pushArtifact(service, team, two, ['latest'])
  const moves = await service.history.moves(team, 'latest')
  t.deepEqual(
    moves.map(({ digest }) => digest),
    [two.digest, one.digest],
  )
})

test('a link may be named by another digest than that under which the bytes lie', async (t) => {
  const registry = await adopting(t, temporaryFolder(t))
  const { service, tree, adoption } = registry
  const bytes = Buffer.from('known by two digests')
  const sha512 = digestOf(bytes, 'sha512')
  const link = tree.linkOf('team/app', '_layers', sha512)
  tree.write(link, tree.blob('team/app', bytes))
  tree.push('team/app', one, ['1'])
  await adoption.adopt(registry.folder)
  t.is(await service.blobs.size(team, sha512), bytes.length)
  const status = await registry.finish()
  t.is(status.counts.flaws, 0)
  t.is(await service.blobs.size(team, sha512), bytes.length)
  const wrong = await adopting(t, temporaryFolder(t))
  wrong.tree.write(wrong.tree.linkOf('team/app', '_layers', digestOf('of others')), wrong.tree.blob('team/app', bytes))
  await wrong.adoption.adopt(wrong.folder)
  t.is((await wrong.finish()).counts.flaws, 1)
})
