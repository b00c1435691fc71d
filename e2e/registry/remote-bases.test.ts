import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { remoteImages } from '../../app/adapters/remote-images.ts'
import type { RemoteImages } from '../../builder/ports.ts'
import { withRemote } from '../../builder/remote/with-remote.ts'
import { openStore } from '../../builder/store/open.ts'
import { openLayer } from '../../builder/store/open-layer.ts'
import { publishImage } from '../../builder/transfer/publish-image.ts'
import { pullImage } from '../../builder/transfer/pull-image.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import {
  app,
  type BuiltText,
  base,
  baseName,
  buildText,
  formsOf,
  needImage,
  publishBase,
} from './testing/base-bench.ts'

const withBusybox = needs(test, 'busybox')

const through = `FROM ${baseName}
COPY --chown=keeper:staff new /srv/link/
WORKDIR /srv/link/deeper
`

async function contextFor(t: ExecutionContext): Promise<string> {
  return (await makeWorkspace(t)).write('ctx', { new: 'new\n', other: 'other\n' })
}

withBusybox(
  'COPY through a link of the base, --chown by its names, and the push move no byte of its layers',
  async (t) => {
    const { registry, images, layers, diffIDs, fetched } = await publishBase(t)
    const [context, root] = [await contextFor(t), temporaryFolder(t)]
    const { imageID } = await buildText(root, through, { context, images, tags: ['app'] })
    const store = openStore(root)
    t.deepEqual(formsOf(store, diffIDs), ['published', 'published', 'published'])
    t.truthy(store.images.get(baseName), 'the base has its name in the store')

    await publishImage(store, { image: needImage(store, 'app'), to: app, tags: ['1'] }, { publisher: registry, images })
    const sent = registry.said('push', 'stream').filter((entry) => layers.some((digest) => entry.endsWith(digest)))
    t.deepEqual(sent, [])
    t.deepEqual(fetched(), [])
    for (const digest of layers) t.true(registry.repository(app).blobs.has(digest), 'mounted')

    // The same with the whole base.
    const whole = openStore(temporaryFolder(t))
    const found = await images.find({ ...base, tag: '1' }, { platform: hostPlatform() })
    if (found === undefined) throw new Error('no base')
    await pullImage(whole, found, { name: baseName })
    t.deepEqual(formsOf(whole, diffIDs), ['tar', 'tar', 'tar'])
    t.is((await buildText(whole.root, through, { context })).imageID, imageID)
    const own = store.images.get('app')?.config.rootfs.diff_ids.at(-2)
    if (own === undefined) throw new Error('no layer')
    const paths = [...openLayer(store, own).index.entries()]
    t.like(
      paths.find(({ path }) => path === 'data/real/new'),
      { uid: 4711, gid: 50 },
      'where the link leads, by the accounts of the base',
    )
  },
)

withBusybox('what is built on it can be built on, published from the indexes alone', async (t) => {
  const { registry, images, diffIDs, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images, tags: ['app'] })
  const store = openStore(root)
  await publishImage(store, { image: needImage(store, 'app'), to: app, tags: ['1'] }, { publisher: registry, images })
  const third = temporaryFolder(t)
  registry.log.length = 0
  await buildText(third, 'FROM reg:5000/team/app:1\nCOPY --chown=keeper other /srv/link/', { context, images })
  t.deepEqual(formsOf(openStore(third), diffIDs), ['published', 'published', 'published'])
  t.deepEqual(fetched(), [])
})

withBusybox(
  'an image that was pushed without indexes gets them with the next push; one that was pulled so stays as it is',
  async (t) => {
    const { registry, home, image } = await publishBase(t, { indexes: false })
    const tagged = (): string | undefined => registry.repository(base).tagged.get('1')
    const without = tagged()
    await publishImage(home, { image, to: base, tags: ['1'] }, { publisher: registry })
    const published = tagged()
    t.not(published, without)
    await publishImage(home, { image, to: base, tags: ['1'] }, { publisher: registry })
    t.is(tagged(), published, 'the same again')

    await publishImage(home, { image, to: app, tags: ['1'] }, { publisher: registry, indexes: false })
    const other = openStore(temporaryFolder(t))
    const found = await remoteImages(registry).find({ ...app, tag: '1' }, { platform: hostPlatform() })
    if (found === undefined) throw new Error('no image')
    const pulled = await pullImage(other, found, { name: baseName })
    for (const tags of [['2'], ['3']]) {
      const { digest } = await publishImage(other, { image: pulled.image, to: base, tags }, { publisher: registry })
      t.is(digest, found.descriptor.digest)
    }
  },
)

withBusybox('without published indexes each layer is read once, and its index kept', async (t) => {
  const { registry, images, diffIDs, layers, fetched } = await publishBase(t, { indexes: false })
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  const first = await buildText(root, through, { context, images, tags: ['app'] })
  t.deepEqual([...fetched()].sort(), [...layers].sort())
  const store = openStore(root)
  t.deepEqual(formsOf(store, diffIDs), ['read', 'read', 'read'])

  await store.tags.remove(baseName)
  const second = await buildText(root, through, { context, images, noCache: true })
  t.is(second.imageID, first.imageID)
  await publishImage(store, { image: needImage(store, 'app'), to: app, tags: ['1'] }, { publisher: registry, images })
  t.deepEqual(fetched(), [], 'neither the next build nor a push needs them')

  const other = temporaryFolder(t)
  t.is((await buildText(other, through, { context, images: (await publishBase(t)).images })).imageID, first.imageID)
})

/** Why steps had to be carried out. */
const misses = ({ events }: BuiltText): string[] =>
  events.flatMap((event) => (event.type === 'step-started' ? [event.reason?.code ?? ''] : []))

withBusybox(
  'steps are found again whether their base is known by published indexes, was read, or is here',
  async (t) => {
    const { registry, images, home, image, diffIDs } = await publishBase(t)
    await publishImage(home, { image, to: base, tags: ['bare'] }, { publisher: registry, indexes: false })
    const context = await contextFor(t)
    const bare = through.replace(baseName, 'reg:5000/team/base:bare')
    for (const order of [
      [through, bare],
      [bare, through],
    ]) {
      const root = temporaryFolder(t)
      const found: number[] = []
      for (const text of order) found.push(misses(await buildText(root, text, { context, images })).length)
      t.deepEqual(found, [2, 0])
      await withRemote(openStore(root), images).fetchLayers(diffIDs)
      t.deepEqual(formsOf(openStore(root), diffIDs), ['tar', 'tar', 'tar'])
      for (const text of order) t.deepEqual(misses(await buildText(root, text, { context, images })), [])
      rmSync(join(root, 'indexes'), { recursive: true })
      t.deepEqual(misses(await buildText(root, through, { context, images })), [], 'looked at in the layers')
    }
  },
)

const keeping: [title: string, text: string][] = [
  ['an image that is copied from', `FROM scratch\nCOPY --from=${baseName} /data /data`],
  ['one that is a base before', `FROM ${baseName}\nCOPY --from=${baseName} /data /x`],
]
for (const [title, text] of keeping)
  withBusybox(`layers that have to be read are kept where contents will be needed: ${title}`, async (t) => {
    const { images, diffIDs, fetched } = await publishBase(t, { indexes: false })
    const [context, root] = [await contextFor(t), temporaryFolder(t)]
    await buildText(root, text, { context, images })
    t.is(fetched().length, 3)
    t.deepEqual(formsOf(openStore(root), diffIDs), ['tar', 'tar', 'tar'])
  })

withBusybox('COPY --from of an image fetches the layers that it copies from, and no others', async (t) => {
  const { images, diffIDs, layers, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, `FROM scratch\nCOPY --from=${baseName} /data/real/file /etc/passwd /x/`, { context, images })
  t.deepEqual(fetched(), layers.slice(2))
  t.deepEqual(formsOf(openStore(root), diffIDs), ['published', 'published', 'tar'])
})

withBusybox('whoever needs bytes gets them: a merge of layers, and all of them at once', async (t) => {
  const { images, diffIDs, layers, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images, squash: 'new' })
  t.deepEqual(fetched(), [], 'the layers of this build are merged')
  await buildText(root, through, { context, images, squash: 'all' })
  t.deepEqual([...fetched()].sort(), [...layers].sort())
  const store = openStore(root)
  t.deepEqual(formsOf(store, diffIDs), ['tar', 'tar', 'tar'])
  t.is((await withRemote(store, images).fetchLayers(diffIDs)).length, 3)
  t.deepEqual(fetched(), [])
})

needs(
  test,
  'busybox',
  'root',
  'crun',
)('a RUN fetches the layers below it, once', async (t) => {
  const { images, diffIDs, layers, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images })
  const { events } = await buildText(root, `${through}RUN cat /data/real/new /srv/link/file\n`, { context, images })
  const output = events.flatMap((event) => (event.type === 'step-output' ? [Buffer.from(event.bytes).toString()] : []))
  t.is(output.join(''), 'new\nof the base')
  t.deepEqual([...fetched()].sort(), [...layers].sort())
  t.deepEqual(formsOf(openStore(root), diffIDs), ['tar', 'tar', 'tar'])
  await buildText(root, `${through}RUN echo again\n`, { context, images })
  t.deepEqual(fetched(), [])
})

withBusybox('two builds at once learn each index once', async (t) => {
  const { registry, images, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  const built = await Promise.all([1, 2, 3].map(async () => buildText(root, through, { context, images })))
  t.is(new Set(built.map(({ imageID }) => imageID)).size, 1)
  const blobs = registry.said('get').filter((entry, i, all) => all.indexOf(entry) !== i && !isDocument(entry))
  t.deepEqual(blobs, [], 'no blob was read twice')
  t.deepEqual(fetched(), [])

  /** Configs and lists are read by each build. */
  function isDocument(entry: string): boolean {
    const digest = entry.split(' ').at(-1)
    const bytes = [...registry.repository(base).blobs].find(([known]) => known === digest)?.[1]
    return bytes?.[0] === 0x7b
  }
})

withBusybox('two that need the bytes of a layer at once fetch it once', async (t) => {
  const { images, diffIDs, fetched } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images })
  const stores = [1, 2].map(() => withRemote(openStore(root), images))
  await Promise.all(stores.flatMap((store) => [store.fetchLayers(diffIDs), store.fetchLayers(diffIDs)]))
  t.is(fetched().length, 3)
})

withBusybox('a name is asked for once in a build, with --pull in each, and by its digest never again', async (t) => {
  const { images, image, registry } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  const asked: string[] = []
  const watched: RemoteImages = {
    ...images,
    find: async (reference, options) => {
      asked.push(reference.digest ?? reference.tag ?? '')
      return images.find(reference, options)
    },
  }
  const twice = `FROM ${baseName} AS a\nCOPY new /1\nFROM ${baseName}\nCOPY --from=${baseName} /etc/group /2\nCOPY --from=a /1 /`
  await buildText(root, twice, { context, images: watched })
  t.deepEqual(asked.splice(0), ['1'])
  await buildText(root, twice, { context, images: watched })
  t.deepEqual(asked.splice(0), [], 'it is in the store')
  await buildText(root, twice, { context, images: watched, pull: true })
  t.deepEqual(asked.splice(0), ['1'])

  const { digest } = [...registry.repository(base).manifests.values()][0] ?? image.manifest.config
  const pinned = `FROM reg:5000/team/base@${digest}\nCOPY new /1`
  await buildText(root, pinned, { context, images: watched })
  t.deepEqual(asked.splice(0), [digest])
  await buildText(root, pinned, { context, images: watched, pull: true })
  t.deepEqual(asked, [])
})

withBusybox('what is not to be had is told with both places', async (t) => {
  const { images } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await t.throwsAsync(buildText(root, 'FROM reg:5000/team/none\n', { context, images }), {
    code: 'IMAGE_NOT_FOUND',
    message: /neither in the local store nor in its registry, reg:5000/,
  })
  await t.throwsAsync(buildText(root, 'FROM reg:5000/team/none\n', { context }), {
    code: 'IMAGE_NOT_FOUND',
    message: /is not in the local store/,
  })
  const misspelt = 'FROM scratch AS tools\nCOPY new /\nFROM scratch\nCOPY --from=tool /new /\n'
  const error = await t.throwsAsync<IbuildError>(buildText(root, misspelt, { context, images }))
  t.is(error?.hint, 'Did you mean the stage tools?')
  const down = { ...images, find: async () => Promise.reject(new IbuildError('REGISTRY_UNREACHABLE', 'nobody there')) }
  await t.throwsAsync(buildText(root, `FROM ${baseName}\n`, { context, images: down }), {
    code: 'REGISTRY_UNREACHABLE',
    message: /is not in the local store, and the registry did not give it: nobody there/,
  })
  t.deepEqual(openStore(root).images.list(), [])
})

withBusybox('a layer that cannot be fetched is told, with why, and the next try does it', async (t) => {
  const { images, diffIDs } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images })
  const store = openStore(root)
  await t.throwsAsync(store.fetchLayers(diffIDs), { code: 'LAYER_NOT_HERE' }, 'without a way to fetch')
  const down: Pick<RemoteImages, 'content'> = {
    async *content() {
      yield Buffer.alloc(10)
      throw new IbuildError('REGISTRY_UNREACHABLE', 'the line is cut')
    },
  }
  await t.throwsAsync(withRemote(store, down).fetchLayers(diffIDs), {
    code: 'LAYER_NOT_HERE',
    message: /only the index is in the store, and it cannot be had: the line is cut/,
  })
  t.deepEqual(formsOf(store, diffIDs), ['published', 'published', 'published'])
  await withRemote(store, images).fetchLayers(diffIDs)
  t.deepEqual(formsOf(store, diffIDs), ['tar', 'tar', 'tar'])
})

withBusybox('an abort stops the fetching of layers, and nothing of it stays', async (t) => {
  const { images, diffIDs } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images })
  const store = openStore(root)
  const stop = new AbortController()
  const slow: Pick<RemoteImages, 'content'> = {
    async *content(...args) {
      for await (const piece of images.content(...args)) {
        yield piece
        stop.abort(new Error('enough'))
      }
    },
  }
  await t.throwsAsync(withRemote(store, slow).fetchLayers(diffIDs, { signal: stop.signal }), { message: 'enough' })
  t.false(formsOf(store, diffIDs).includes('missing'))
  t.deepEqual(readdirSync(join(root, 'tmp', readdirSync(join(root, 'tmp'))[0] ?? '')), [])
})

withBusybox('garbage collection keeps indexes that images need, and drops them with the last image', async (t) => {
  const { images, diffIDs } = await publishBase(t)
  const [context, root] = [await contextFor(t), temporaryFolder(t)]
  await buildText(root, through, { context, images, tags: ['app'] })
  const store = openStore(root)
  await store.collectGarbage({ keepRecords: false })
  t.deepEqual(formsOf(store, diffIDs), ['published', 'published', 'published'])
  const [first] = diffIDs
  if (first === undefined) throw new Error('no layer')
  await withRemote(store, images).fetchLayers([first])
  await store.sync()
  await store.collectGarbage({ keepRecords: false })
  t.deepEqual(formsOf(store, diffIDs), ['tar', 'published', 'published'])
  for (const image of store.images.list()) await store.images.remove(image.manifestDigest)
  const { layers } = await store.collectGarbage({ keepRecords: false })
  t.is(layers, 5)
  t.deepEqual(store.layers.list(), [])
  for (const diffID of diffIDs) t.deepEqual(store.sources.get(diffID), [])
})
