import test, { type ExecutionContext } from 'ava'
import { parseTargetsRole } from '../../notary/tuf/role.ts'
import type { SignedName } from '../../notary/tuf/signed-digests.ts'
import { collectedRegistry, hour } from '../../registry/gc/testing/collected-registry.ts'
import { followChanges } from '../../registry/inventory/changes.ts'
import { registryContents } from '../../registry/inventory/contents.ts'
import type { RegistryContents } from '../../registry/inventory/types.ts'
import { historyRoots } from '../../registry/service/history-roots.ts'
import { imageOf, indexOf, named, pushArtifact, subjectOf } from '../../registry/service/testing/images.ts'
import { createMemoryMetadata } from '../../registry/storage/memory-metadata.ts'
import type { ItemFacts, ItemName } from '../../retention/facts.ts'
import type { Inventory } from '../../retention/ports.ts'
import { HeldTrash } from '../../retention/testing/held-trash.ts'
import { inventorySuite } from '../../retention/testing/inventory-contract.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { createRegistryInventory } from './registry-inventory.ts'
import { trashRoots } from './trash-roots.ts'
import type { SignedIn } from './trust-roots.ts'

const name = named('team/app')
const noWants = { created: false, labels: false, signatures: false }
const by = 'policy 1'
const day = 24 * hour

interface Scene extends Awaited<ReturnType<typeof collectedRegistry>> {
  readonly inventory: Inventory
  readonly contents: RegistryContents
  readonly trash: HeldTrash
}

async function scene(t: ExecutionContext, options: { immutable?: string; signedIn?: SignedIn } = {}): Promise<Scene> {
  const trash = new HeldTrash()
  const [changes, metadata] = [followChanges(), createMemoryMetadata()]
  const registry = await collectedRegistry(t, {
    metadata: changes.watch(metadata),
    immutableBy: () => (tag) => (tag === options.immutable ? tag : undefined),
    gc: { delay: hour, lease: 0, untagged: { remove: false, keep: 30 * day } },
    roots: [trashRoots(trash), historyRoots(metadata, () => ({ moves: 10, age: 30 * day }), Date.now)],
  })
  const { service, collector: gc, inner } = registry
  const contents = registryContents({ ...inner, changes, service })
  const signedIn = options.signedIn ?? (async () => [])
  const inventory = createRegistryInventory({ registry: { service, contents, gc }, trash, signedIn })
  return { ...registry, inventory, contents, trash }
}

inventorySuite(test, {
  name: 'a registry',
  make: async (t) => {
    const { inventory, contents, trash, service, clock } = await scene(t)
    const tag = async (repository: string, tag: string, text: string): Promise<string> => {
      clock.now++
      return pushArtifact(service, named(repository), imageOf(text), [tag])
    }
    return {
      inventory,
      tag,
      trash,
      loosen: async (repository, name) => void (await tag(repository, name, `not ${name}`)),
      use: async (repository, name) => {
        const item = await inventory.item({ kind: 'tag', repository, name }, noWants)
        await contents.inUse.put('cluster-1', { digests: [item?.digest ?? ''], until: clock.now + hour })
      },
    }
  },
})

async function itemsOf(inventory: Inventory, wants = noWants): Promise<readonly ItemFacts[]> {
  const found: ItemFacts[] = []
  for await (const page of inventory.items(name, wants)) found.push(...page)
  return found
}

const tagged = (tag: string): ItemName => ({ kind: 'tag', repository: name, name: tag })

/** An index of two images with a list of its packages, and signatures as cosign has them: under a tag, and as a referrer. */
async function pushRelease({ service }: Scene): Promise<{ readonly top: Digest; readonly all: readonly Digest[] }> {
  const images = [imageOf('amd64'), imageOf('arm64')]
  for (const image of images) await pushArtifact(service, name, image)
  const index = indexOf(images)
  const top = await pushArtifact(service, name, index, ['1.0', 'latest'])
  const sbom = await pushArtifact(service, name, imageOf('sbom', subjectOf(index)))
  const ofSbom = await pushArtifact(
    service,
    name,
    imageOf('signature of the sbom', { subject: { ...index, digest: sbom, mediaType: index.mediaType, size: 1 } }),
  )
  const signature = await pushArtifact(service, name, imageOf('signature'), [`sha256-${top.slice(7)}.sig`])
  return { top, all: [top, ...images.map(({ digest }) => digest), sbom, ofSbom, signature] }
}

async function there({ service }: Scene, digests: readonly Digest[]): Promise<readonly boolean[]> {
  return Promise.all(
    digests.map(async (digest) =>
      service.manifests.get(name, { digest }).then(
        () => true,
        () => false,
      ),
    ),
  )
}

test('a signed image of several platforms with its list of packages is two tags, and never half deleted', async (t) => {
  const on = await scene(t)
  const { inventory, trash, service } = on
  const { top, all } = await pushRelease(on)
  const items = await itemsOf(inventory)
  t.deepEqual(
    items.map((item) => item.name),
    ['1.0', 'latest'],
  )
  for (const tag of ['1.0', 'latest']) {
    trash.add(name, top)
    t.deepEqual(await inventory.remove(tagged(tag), { digest: top, by }), { kind: 'removed', freed: 0 })
  }
  t.deepEqual(await itemsOf(inventory), [])
  for (let i = 0; i < 4; i++) {
    on.pass(20 * day)
    await on.collector.run()
  }
  t.deepEqual(
    await there(on, all),
    all.map(() => true),
    'all of it can be pulled by its digest',
  )
  const back = { digest: top, by, instead: 'x' }
  t.deepEqual(await inventory.undo?.restore(tagged('1.0'), back), { kind: 'restored', tag: '1.0' })
  t.is((await service.history.moves(name, '1.0'))[0]?.by, by)
  t.deepEqual(
    (await itemsOf(inventory)).map((item) => item.name),
    ['1.0'],
  )
  t.is((await inventory.freedBy([tagged('1.0')])).shared, 0)
  const { bytes } = await inventory.freedBy([tagged('1.0')])
  await inventory.remove(tagged('1.0'), { digest: top, by })
  trash.remove(name, top)
  t.is(await inventory.undo?.purge(name, top), bytes - signatureBytes())
  t.deepEqual(
    await there(on, all),
    all.map(() => false),
    'nothing of it is left',
  )
  t.deepEqual(await metadataKinds(on), [], 'no manifest, no tag, no blob, no pull')
})

/** What is under a tag of its own is not counted as gone with the manifest that it is about. */
function signatureBytes(): number {
  const { bytes, blobs } = imageOf('signature')
  return blobs.reduce((sum, { length }) => sum + length, bytes.length)
}

async function metadataKinds({ metadata }: Scene): Promise<readonly string[]> {
  const rows = await metadata.list({ prefix: '', limit: 10_000 })
  const kinds = new Set(rows.map(({ key }) => key.split(' ')[0] ?? ''))
  return ['manifest', 'tag', 'blob', 'link', 'pulled', 'refers', 'use', 'repository'].filter((kind) => kinds.has(kind))
}

test('a tag that is pushed between the removal and the purge keeps what it leads to', async (t) => {
  const on = await scene(t)
  const { inventory, trash, service } = on
  const { top, all } = await pushRelease(on)
  for (const tag of ['1.0', 'latest']) {
    trash.add(name, top)
    await inventory.remove(tagged(tag), { digest: top, by })
  }
  const { bytes, mediaType } = await service.manifests.get(name, { digest: top })
  trash.remove(name, top)
  const [purged] = await Promise.all([
    inventory.undo?.purge(name, top),
    service.manifests.put(name, { tag: '2.0' }, { bytes, contentType: mediaType }).catch(() => undefined),
  ])
  await on.settle()
  const [isThere = false] = await there(on, [top])
  const tag = await inventory.item(tagged('2.0'), noWants)
  t.is(tag?.digest, isThere ? top : undefined, `${purged}: a tag leads to something, or there is none`)
  if (isThere)
    t.deepEqual(
      await there(on, all),
      all.map(() => true),
    )
})

test('a purge that finds a lease is done later; one that a history alone speaks against is done', async (t) => {
  const on = await scene(t)
  const { inventory, trash, settings, service } = on
  const image = imageOf('one')
  const digest = await pushArtifact(service, name, image, ['1'])
  trash.add(name, digest)
  settings.lease = hour
  await inventory.remove(tagged('1'), { digest, by })
  trash.remove(name, digest)
  t.true(((await inventory.undo?.purge(name, digest)) ?? 0) > 0)
  t.deepEqual(await there(on, [digest]), [true], 'what a client was told to be there stays for a while')
  await on.settle()
  t.deepEqual(await there(on, [digest]), [false])
})

test('children and referrers are nobody’s items; what nothing refers to any more is one', async (t) => {
  const on = await scene(t)
  const { inventory, service, clock } = on
  await pushRelease(on)
  const loose = await pushArtifact(service, name, imageOf('loose'))
  const items = await itemsOf(inventory)
  t.deepEqual(
    items.map((item) => [item.kind, item.name]),
    [
      ['tag', '1.0'],
      ['tag', 'latest'],
      ['untagged', loose],
    ],
  )
  const [index, , untagged] = items
  const image = imageOf('loose')
  t.is(
    untagged?.size,
    image.blobs.reduce((sum, { length }) => sum + length, image.bytes.length),
  )
  t.true((index?.size ?? 0) > (untagged?.size ?? 0))
  t.true(Math.abs((untagged?.pushedAt ?? 0) - clock.now) < day)
})

test('what is immutable, in use or signed says so, the strongest first, and stays', async (t) => {
  const image = imageOf('one')
  const hex = image.digest.slice(7)
  const signed: readonly SignedName[] = [
    { role: parseTargetsRole('targets/releases'), name: '1' },
    { role: 'targets', name: '1' },
  ]
  const signedIn: SignedIn = async () => [new Map<string, readonly SignedName[]>([[hex, signed]])]
  const on = await scene(t, { immutable: '1', signedIn })
  const { inventory, contents, trash, service, clock } = on
  await pushArtifact(service, name, image, ['1'])
  await pushArtifact(service, name, image, ['2'])
  const index = await pushArtifact(service, name, indexOf([image]), ['all'])
  await contents.inUse.put('node-7', { digests: [image.digest], until: clock.now + hour })
  const wants = { ...noWants, signatures: true }
  const [one, two, all] = await itemsOf(inventory, wants)
  t.deepEqual(
    one?.guards.map(({ kind }) => kind),
    ['immutable', 'in-use', 'signed-target'],
  )
  t.deepEqual(one?.signedBy, ['targets/releases', 'targets'])
  t.deepEqual(two?.signedBy, [], 'it was signed under another name')
  t.deepEqual(
    all?.guards.map(({ kind, about }) => [kind, about]),
    [['in-use', 'node-7 runs it']],
    'by a child of it',
  )
  trash.add(name, image.digest)
  trash.add(name, index)
  t.is((await inventory.remove(tagged('1'), { digest: image.digest, by })).kind, 'drifted')
  t.is((await inventory.remove(tagged('all'), { digest: index, by })).kind, 'drifted')
  clock.now += hour
  t.is((await inventory.remove(tagged('all'), { digest: index, by })).kind, 'removed', 'reports end')
  await contents.inUse.put('docker', {
    digests: [digestOfConfig(image)],
    until: clock.now + hour,
  })
  t.true((await inventory.item(tagged('2'), noWants))?.guards.some(({ about }) => about === 'docker runs it'))
})

function digestOfConfig({ bytes }: ReturnType<typeof imageOf>): string {
  return JSON.parse(bytes.toString()).config.digest
}

test('collections that cannot be asked: nothing is told, and nothing removed', async (t) => {
  const away: SignedIn = async () => {
    throw new Error('the trust server is away')
  }
  const { inventory, trash, service } = await scene(t, { signedIn: away })
  const digest = await pushArtifact(service, name, imageOf('one'), ['1'])
  trash.add(name, digest)
  await t.throwsAsync(itemsOf(inventory), { message: /away/ })
  await t.throwsAsync(async () => inventory.remove(tagged('1'), { digest, by }), { message: /away/ })
  t.is((await service.manifests.get(name, { tag: '1' })).digest, digest)
})

test('a registry that is read-only fails a removal, which is not drifted', async (t) => {
  const { inventory, trash, service } = await scene(t)
  const digest = await pushArtifact(service, name, imageOf('one'), ['1'])
  trash.add(name, digest)
  await service.setReadOnly(true)
  await t.throwsAsync(async () => inventory.remove(tagged('1'), { digest, by }), { code: 'DENIED' })
  await t.throwsAsync(async () => inventory.undo?.purge(name, digest), { code: 'DENIED' })
})

test('shared content is told with who shares it, and goes when all of them do', async (t) => {
  const { inventory, service } = await scene(t)
  const image = imageOf('one')
  await pushArtifact(service, name, image, ['1', '2'])
  await pushArtifact(service, named('other/app'), image, ['x'])
  const size = image.blobs.reduce((sum, { length }) => sum + length, image.bytes.length)
  const own = [tagged('1'), tagged('2')]
  t.deepEqual(await inventory.freedBy([tagged('1')]), { bytes: 0, shared: size, sharedWith: ['team/app:2'] })
  t.deepEqual(await inventory.freedBy(own), { bytes: 0, shared: size, sharedWith: ['other/app:x'] })
  const all = [...own, { kind: 'tag', repository: 'other/app', name: 'x' } as const]
  t.deepEqual(await inventory.freedBy(all), { bytes: size, shared: 0, sharedWith: [] })
})

test('an untagged manifest goes with its purge alone', async (t) => {
  const on = await scene(t)
  const { inventory, trash, service } = on
  const digest = await pushArtifact(service, name, imageOf('loose'))
  const item = { kind: 'untagged', repository: name, name: digest } as const
  trash.add(name, digest)
  t.deepEqual(await inventory.remove(item, { digest, by }), { kind: 'removed', freed: 0 })
  t.deepEqual(await there(on, [digest]), [true])
  t.deepEqual(await inventory.undo?.restore(item, { digest, by, instead: '' }), { kind: 'there already' })
  trash.remove(name, digest)
  t.true(((await inventory.undo?.purge(name, digest)) ?? 0) > 0)
  t.deepEqual(await there(on, [digest]), [false])
  t.deepEqual(await inventory.undo?.restore(item, { digest, by, instead: '' }), { kind: 'purged' })
})
