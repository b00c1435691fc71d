import {
  createReadStream,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { build } from '../../builder/build.ts'
import { importRootfs } from '../../builder/export/import.ts'
import { createLayerAccess } from '../../builder/solve/layer-access.ts'
import { chainOf } from '../../builder/solve/layer-chain.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'

/** A store with one image of two stages on a base, and what it was made of. */
export interface Damageable {
  readonly folder: string
  readonly root: string
  readonly context: string
  readonly base: string
}

const imageName = 'docker.io/library/whole:latest'

/** Makes the base, the image and its snapshots. Needs root and tar. */
export async function makeDamageable(t: ExecutionContext): Promise<Damageable> {
  const folder = temporaryFolder(t)
  const script = `mkdir -p base/etc base/bin context/data && cd base && echo root:x:0:0:root:/:/bin/sh > etc/passwd
    head -c 300000 /dev/zero | tr '\\0' a > bin/large && for i in 1 2 3 4 5 6 7 8; do echo $i > etc/$i; done && ln -s large bin/link
    tar -cf ../base.tar . && cd ../context && head -c 70000 /dev/zero | tr '\\0' b > data/file && echo small > data/small
    printf 'FROM base AS first\\nCOPY data /data\\nWORKDIR /w\\nFROM base\\nCOPY --from=first /data /bin/large /copy/\\nLABEL a=b\\n' > Dockerfile`
  await runOk('sh', ['-ec', script], { cwd: folder })
  const source: Damageable = {
    folder,
    root: join(folder, 'data'),
    context: join(folder, 'context'),
    base: join(folder, 'base.tar'),
  }
  await rebuild(source)
  const store = openStore(source.root)
  await createLayerAccess(store).lowers(chainOf(imageOf(store).config.rootfs.diff_ids))
  return source
}

/** Imports the base and builds the image, as the user would. */
export async function rebuild(source: Damageable): Promise<void> {
  const options = { changes: [], message: 'base', name: 'docker.io/library/base:latest', now: new Date(1e12) }
  await importRootfs(openStore(source.root), createReadStream(source.base), options)
  await buildWhole(source)
}

export async function buildWhole({ root, context }: Damageable, noCache = false): Promise<void> {
  await build({ root, context: { kind: 'directory', path: context }, tags: [imageName], noCache })
}

export function imageOf(store: Store): StoredImage {
  const image = store.images.get(imageName)
  if (image === undefined) throw new IbuildError('IMAGE_NOT_FOUND', 'the image is not there')
  return image
}

/** A copy of a store, fast: files are second names, so one is damaged by putting another in its place. */
export function copyStore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  copyFolder(from, to)
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, lstatSync(from).mode & 0o777)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyFolder(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else linkSync(source, target)
  }
}

/** What a user can do with a store that is damaged: follow the hint about a tag, remove all images, prune everything. */
export async function putRight(root: string): Promise<void> {
  const store = openStore(root)
  removeDamagedTags(store)
  for (const image of store.images.list()) await store.images.remove(image.manifestDigest)
  await store.collectGarbage({ keepRecords: false })
}

function removeDamagedTags(store: Store): void {
  for (;;) {
    try {
      store.tags.list()
      return
    } catch (error) {
      const [, file] = isIbuildError(error, 'STORE_INVALID')
        ? (/the tag in (\S+) is damaged/.exec(error.message) ?? [])
        : []
      if (file === undefined) throw error
      rmSync(file)
    }
  }
}
