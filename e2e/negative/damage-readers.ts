import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { writeOutput } from '../../builder/export/write-output.ts'
import { createLayerAccess } from '../../builder/solve/layer-access.ts'
import { chainOf } from '../../builder/solve/layer-chain.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { buildWhole, type Damageable, imageOf, rebuild } from './damage-store.ts'

type Reader = (source: Damageable) => Promise<string>

/** Ways to use a store, each with a text that stands for all that it gave. */
export const readers: readonly (readonly [name: string, read: Reader])[] = [
  [
    'images',
    async ({ root }) =>
      JSON.stringify(
        openStore(root)
          .images.list()
          .map(({ imageID, config }) => `${imageID} ${config.created}`)
          .sort(),
      ),
  ],
  ['inspect', async ({ root }) => inspect(openStore(root))],
  ['save', async ({ root }) => written(openStore(root), 'oci')],
  ['the files as a tar', async ({ root }) => written(openStore(root), 'tar')],
  ['extraction', async ({ root }) => extracted(openStore(root))],
  ['build', async (source) => afterwards(source, () => buildWhole(source))],
  ['build without cache', async (source) => afterwards(source, () => buildWhole(source, true))],
  ['import and build', async (source) => afterwards(source, () => rebuild(source))],
  ['prune', async ({ root }) => pruned(root)],
]

function inspect(store: Store): string {
  const { manifestDigest, configBytes, manifestBytes, names } = imageOf(store)
  return JSON.stringify([manifestDigest, configBytes.toString(), manifestBytes.toString(), names])
}

async function written(store: Store, type: 'oci' | 'tar'): Promise<string> {
  const stdout = new PassThrough()
  const hash = createHash('sha256')
  stdout.on('data', (piece: Buffer) => hash.update(piece))
  await writeOutput({ store, image: imageOf(store), output: { type, dest: '-' }, stdout, names: [] })
  return hash.digest('hex')
}

/** All layers as folders, each file's content and mode. */
async function extracted(store: Store): Promise<string> {
  const lowers = await createLayerAccess(store).lowers(chainOf(imageOf(store).config.rootfs.diff_ids))
  const hash = createHash('sha256')
  for (const lower of lowers) {
    for (const name of readdirSync(lower, { recursive: true, encoding: 'utf8' }).sort()) {
      const stats = lstatSync(join(lower, name))
      hash.update(`${name} ${stats.mode} ${stats.uid}\n`)
      if (stats.isFile()) hash.update(readFileSync(join(lower, name)))
    }
  }
  return hash.digest('hex')
}

/** What the image is after some work: paths, modes and contents, not times. */
async function afterwards({ root }: Damageable, work: () => Promise<void>): Promise<string> {
  await work()
  const store = openStore(root)
  const view = createLayerAccess(store).view(chainOf(imageOf(store).config.rootfs.diff_ids))
  const hash = createHash('sha256')
  for (const entry of view.walk()) {
    hash.update(`${entry.path} ${entry.type} ${entry.mode} ${entry.uid} ${entry.linkname}\n`)
    if (entry.type === 'file') for await (const piece of view.open(entry.path)) hash.update(piece)
  }
  return hash.digest('hex')
}

/** Garbage collection takes nothing that the image needs. */
async function pruned(root: string): Promise<string> {
  await openStore(root).collectGarbage()
  const store = openStore(root)
  return `${inspect(store)} ${await written(store, 'tar')}`
}
