import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { imageOf, indexOf, named, pushArtifact, pushBlob, pushed, subjectOf } from '../service/testing/images.ts'
import { explain, parseTarget } from './explain.ts'
import { collectedRegistry, day, hour, minute } from './testing/collected-registry.ts'
import type { GcRoots } from './types.ts'

const [app, other] = [named('team/app'), named('other')]
const first = imageOf('1')
const layer = first.blobs[1] ?? Buffer.alloc(0)

for (const [text, target] of [
  ['team/app', { name: app }],
  ['team/app:1.0', { name: app, tag: '1.0' }],
  [`team/app@${digestOf('x')}`, { name: app, digest: digestOf('x') }],
  [digestOf('x', 'sha512'), { digest: digestOf('x', 'sha512') }],
] as const) {
  test(`read: ${text.slice(0, 40)}`, (t) => t.deepEqual(parseTarget(text), target))
}

for (const text of [
  '',
  'Team/app',
  'team/app:',
  ':1',
  'team/app@1',
  'a@b@c',
  'team/app:1@',
  '../x:1',
  'a b',
  'sha256:8ac8bed8',
]) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseTarget(text), { code: 'USAGE' })
  })
}

test('the chain goes from the tag over indexes to what is asked about', async (t) => {
  const { service, collector } = await collectedRegistry(t)
  const signature = imageOf('sig', subjectOf(first))
  await pushArtifact(service, app, first)
  await pushArtifact(service, app, signature)
  const index = indexOf([first])
  await pushArtifact(service, app, index, ['i', 'j'])
  const [blob] = await collector.explain({ name: app, digest: digestOf(layer) })
  t.deepEqual(blob?.keptBy, [
    [
      { kind: 'tag', tag: 'i' },
      { kind: 'manifest', digest: index.digest },
      { kind: 'manifest', digest: first.digest },
    ],
    [
      { kind: 'tag', tag: 'j' },
      { kind: 'manifest', digest: index.digest },
      { kind: 'manifest', digest: first.digest },
    ],
  ])
  t.is(blob?.goesAt, null)
  const [signed] = await collector.explain({ name: app, digest: signature.digest })
  t.deepEqual(signed?.keptBy[0]?.at(-1), { kind: 'subject', digest: first.digest })
})

test('the chain begins at the root that keeps a manifest without a tag', async (t) => {
  const history: GcRoots = {
    name: 'the history of a tag',
    keeps: async (_, digests) => new Set(digests.filter((digest) => digest === first.digest)),
    until: async (name, digest) => (name === app && digest === first.digest ? 1_234_567 : undefined),
  }
  const { service, collector } = await collectedRegistry(t, { roots: [history] })
  await pushArtifact(service, app, first)
  const root = { kind: 'root', source: history.name, until: 1_234_567 } as const
  const [manifest] = await collector.explain({ name: app, digest: first.digest })
  t.deepEqual(manifest?.keptBy, [[root]])
  const [blob] = await collector.explain({ name: app, digest: digestOf(layer) })
  t.deepEqual(blob?.keptBy, [[root, { kind: 'manifest', digest: first.digest }]])
})

test('lease, time and next look add up to when something goes, and then it does', async (t) => {
  const { service, collector, pass, clock, metadata } = await collectedRegistry(t, { gc: { delay: 10 * minute } })
  await pushArtifact(service, app, first, ['1'])
  pass(hour)
  await service.manifests.remove(app, { tag: '1' })
  const [loose] = await collector.explain({ name: app, digest: first.digest })
  t.deepEqual(loose?.keptBy, [])
  t.is(loose?.until.grace, clock.now + day)
  t.is(loose?.goesAt, clock.now + day)
  t.is(loose?.until.lease, null)
  const [blob] = await collector.explain({ name: app, digest: digestOf(layer) })
  t.deepEqual(blob?.keptBy, [[{ kind: 'manifest', digest: first.digest }]], 'kept by what goes')
  pass(day + hour)
  await collector.run()
  t.is(await metadata.get(`manifest ${app} ${first.digest}`), undefined)
  await service.lease(app, digestOf(layer))
  const [leased] = await collector.explain({ name: app, digest: digestOf(layer) })
  t.is(leased?.until.lease, clock.now + hour)
  t.is(leased?.goesAt, clock.now + hour)
})

test('what it frees is told apart from what others share', async (t) => {
  const { service, collector } = await collectedRegistry(t)
  const [config] = first.blobs
  await pushArtifact(service, app, first, ['1'])
  const index = indexOf([first])
  await pushArtifact(service, app, index, ['i'])
  await service.blobs.mount(other, digestOf(layer), { from: app })
  const [image] = await collector.explain({ name: app, tag: '1' })
  t.deepEqual(image?.frees, { own: first.bytes.length + (config?.length ?? 0), shared: layer.length, isMore: false })
  const [whole] = await collector.explain({ name: app, tag: 'i' })
  t.deepEqual(whole?.frees, {
    own: index.bytes.length,
    shared: first.bytes.length,
    isMore: false,
  })
  await service.manifests.remove(app, { tag: '1' })
  const [alone] = await collector.explain({ name: app, tag: 'i' })
  t.is(alone?.frees.own, index.bytes.length + first.bytes.length + (config?.length ?? 0))
})

test('a digest is told of in all repositories that have it', async (t) => {
  const { service, collector } = await collectedRegistry(t)
  await pushBlob(service, app, layer)
  await service.blobs.mount(other, digestOf(layer), { from: app })
  const found = await collector.explain({ digest: digestOf(layer) })
  t.deepEqual(found.map(({ repository }) => repository).sort(), ['other', 'team/app'])
})

test('of a repository it is told what is about to go', async (t) => {
  const { service, collector } = await collectedRegistry(t)
  await pushArtifact(service, app, first, ['1'])
  t.deepEqual(await collector.explain({ name: app }), [])
  const extra = await pushBlob(service, app, Buffer.from('extra'))
  const untagged = await pushArtifact(service, app, imageOf('2'))
  await service.manifests.put(app, { tag: 'x' }, pushed(imageOf('2')))
  const toGo = async (): Promise<string[]> =>
    (await collector.explain({ name: app })).map(({ digest }) => digest).sort()
  t.deepEqual(await toGo(), [extra])
  await service.manifests.remove(app, { tag: 'x' })
  t.deepEqual(await toGo(), [extra, untagged].sort())
})

test('what there is not cannot be explained', async (t) => {
  const { collector, inner, settings } = await collectedRegistry(t)
  for (const target of ['x:1', 'x', digestOf('x'), `x@${digestOf('x')}`]) {
    await t.throwsAsync(collector.explain(parseTarget(target)), { code: 'OBJECT_NOT_FOUND' }, target)
  }
  const parts = { ...inner, settings: () => settings, roots: [], patience: 1 }
  await t.throwsAsync(explain(parts, { name: app }), { code: 'OBJECT_NOT_FOUND' })
})
