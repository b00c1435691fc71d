import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { remoteImages } from '../../app/adapters/remote-images.ts'
import { build } from '../../builder/build.ts'
import type { BuildOptions } from '../../builder/build-types.ts'
import { importRootfs } from '../../builder/export/import.ts'
import { withRemote } from '../../builder/remote/with-remote.ts'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { publishImage } from '../../builder/transfer/publish-image.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { MemoryRegistry } from '../testing/memory-registry.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { busyboxTar, makeWorkspace } from '../testing/workspace.ts'

const base = { domain: 'reg:5000', path: 'team/base' }
const app = { domain: 'reg:5000', path: 'team/app' }
const needBusybox = needs(test, 'busybox')

interface Bench {
  readonly registry: MemoryRegistry
  /** Blobs that are layers of the base. */
  readonly layers: readonly Digest[]
  readonly diffIDs: readonly Digest[]
}

/** A base of three layers in a registry: busybox, a folder with a link to it, accounts changed. */
async function publishBase(t: ExecutionContext, options: { readonly indexes?: boolean } = {}): Promise<Bench> {
  const registry = new MemoryRegistry()
  const root = temporaryFolder(t)
  const store = openStore(root)
  await importRootfs(store, Readable.from([await busyboxTar()]), {
    changes: [],
    message: '',
    name: 'docker.io/library/busybox:latest',
    now: new Date(0),
  })
  const context = (await makeWorkspace(t)).write('base', { 'big.bin': 'x'.repeat(300_000), passwd: accounts })
  const image = await buildText(root, 'FROM busybox\nCOPY big.bin /srv/real/\nCOPY passwd /etc/passwd', {
    path: context,
  })
  await buildLinked(root, context)
  const linked = store.images.get('linked')
  if (linked === undefined) throw new Error(`no image beside ${image}`)
  const descriptor = await publishImage(
    store,
    { image: linked, to: base, tags: ['1'] },
    { publisher: registry, ...options },
  )
  t.truthy(descriptor.digest)
  const diffIDs = linked.config.rootfs.diff_ids
  const layers = diffIDs.flatMap((diffID) => store.sources.get(diffID).map(({ digest }) => digest))
  registry.log.length = 0
  return { registry, layers, diffIDs }
}

const accounts = 'root:x:0:0:root:/root:/bin/sh\nkeeper:x:4711:4712::/:/bin/sh\n'

/** A symlink comes into an image from a context. */
async function buildLinked(root: string, context: string): Promise<void> {
  const { symlinkSync } = await import('node:fs')
  symlinkSync('srv/real', join(context, 'link'))
  await buildText(
    root,
    'FROM busybox\nCOPY big.bin /srv/real/\nCOPY passwd /etc/passwd\nCOPY . /all/\n',
    { path: context },
    ['linked'],
  )
}

interface Built {
  readonly imageID: Digest
  readonly events: readonly BuildEvent[]
}

async function buildText(
  root: string,
  dockerfile: string,
  { path, ...options }: { readonly path: string } & Partial<BuildOptions>,
  tags: readonly string[] = [],
): Promise<Built> {
  const events: BuildEvent[] = []
  const result = await build({
    root,
    context: { kind: 'directory', path },
    dockerfile: { kind: 'bytes', bytes: Buffer.from(dockerfile) },
    buildArgs: new Map([['SOURCE_DATE_EPOCH', '1700000000']]),
    tags,
    emit: (event) => events.push(event),
    ...options,
  })
  return { imageID: result.imageID, events }
}

function fetched(registry: MemoryRegistry, layers: readonly Digest[]): string[] {
  return registry.said('get').filter((entry) => layers.some((digest) => entry.endsWith(digest)))
}

function kinds(store: Store, diffIDs: readonly Digest[]): string[] {
  return diffIDs.map((diffID) => store.layers.get(diffID)?.bytes.kind ?? 'missing')
}

const text = 'FROM reg:5000/team/base:1\nCOPY --chown=keeper:keeper2 new /all/link/\nWORKDIR /srv/real/deeper\n'
const numbered = text.replace('keeper2', '4712')

needBusybox(
  'FROM, COPY through a link of the base and --chown by its names move no byte of its layers, nor does the push',
  async (t) => {
    const { registry, layers, diffIDs } = await publishBase(t)
    const images = remoteImages(registry)
    const context = (await makeWorkspace(t)).write('ctx', { new: 'new\n' })
    const root = temporaryFolder(t)
    const { imageID } = await buildText(root, numbered, { path: context, images }, ['app'])
    const store = openStore(root)
    t.deepEqual(
      kinds(store, diffIDs),
      diffIDs.map(() => 'remote'),
    )
    const image = store.images.get('app')
    if (image === undefined) throw new Error('no image')
    t.is(image.imageID, imageID)
    t.truthy(store.images.get('reg:5000/team/base:1'), 'the base has its name in the store')
    await publishImage(store, { image, to: app, tags: ['1'] }, { publisher: registry, images })
    t.deepEqual(fetched(registry, layers), [], 'no layer of the base was read')
    t.deepEqual(
      registry.said('push', 'stream').filter((entry) => layers.some((digest) => entry.endsWith(digest))),
      [],
    )
    const own = registry.repository(app)
    for (const digest of layers) t.true(own.blobs.has(digest), 'mounted')

    // The same with the whole base there.
    const whole = temporaryFolder(t)
    const plain = openStore(whole)
    const { pullImage } = await import('../../builder/transfer/pull-image.ts')
    const found = await images.find(
      { ...base, tag: '1' },
      { platform: (await import('../../shared/oci/platform.ts')).hostPlatform() },
    )
    if (found === undefined) throw new Error('no base')
    await pullImage(plain, found, { name: 'reg:5000/team/base:1' })
    t.deepEqual(
      kinds(plain, diffIDs),
      diffIDs.map(() => 'tar'),
    )
    t.is((await buildText(whole, numbered, { path: context })).imageID, imageID)

    // Then somebody needs the bytes.
    registry.log.length = 0
    const full = withRemote(store, images)
    const [first = diffIDs[0]] = diffIDs
    if (first === undefined) throw new Error('no layer')
    await full.fetchLayers([first])
    t.is(fetched(registry, layers).length, 1)
    t.deepEqual(kinds(store, diffIDs), ['tar', ...diffIDs.slice(1).map(() => 'remote')])
    t.true(hexOf(first).length === 64)
  },
)
