import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test from 'ava'
import { tarEnd, tarHeader, tarPadding } from '../../builder/layers/tar/write.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import type { RootfsView } from '../../builder/layers/view.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { hexOf } from '../../shared/base/digest.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { type Described, type Description, describeDirectory, describeView } from './describe.ts'
import { type MadeStack, makeStack } from './stack-maker.ts'

const stacks = Number(process.env['IBUILD_STACKS'] ?? 8)
const firstSeed = Number(process.env['IBUILD_SEED'] ?? 9001)

/**
 * With the vfs driver dockerd applies each layer to the tree below, as we do. Its overlay2 driver unpacks a layer alone: it
 * refuses hardlinks into lower layers, replaces links by directories and forgets the metadata of directories without an
 * entry, so that the same image differs between its drivers. No extended attributes: vfs copies layers without most of them.
 */
needs(
  test,
  'root',
  'dockerd',
  'docker',
)('dockerd makes the tree of our view of random layer stacks', async (t) => {
  const folder = temporaryFolder(t)
  await using daemon = await startDockerd(join(folder, 'd'), { storageDriver: 'vfs' })
  for (let seed = firstSeed; seed < firstSeed + stacks; seed++) {
    const dir = join(folder, `${seed}`)
    mkdirSync(dir)
    const options = { layers: 3, members: 14, attributes: false, beyondDockerd: false }
    const stack = await makeStack(seed, dir, options)
    await writeArchive(join(dir, 'docker.tar'), stack)
    await daemon.docker(['load', '-i', join(dir, 'docker.tar')])
    const unpacked = describeDirectory(vfsFolder(join(folder, 'd/data'), stack))
    t.deepEqual(
      withoutMadeUp(unpacked, stack.view),
      withoutMadeUp(await describeView(stack.view), stack.view),
      `stack ${seed}`,
    )
    await daemon.docker(['image', 'prune', '-a', '-f'])
  }
})

/** Directories that no layer has an entry for: dockerd makes them 0600, umoci 0755. */
function withoutMadeUp({ entries, groups }: Described, view: RootfsView): Described {
  const kept: Description = {}
  for (const [path, line] of Object.entries(entries)) kept[path] = view.origin(path)?.layer === -1 ? 'made up' : line
  return { entries: kept, groups }
}

/** Where the vfs driver keeps the tree of an image. */
function vfsFolder(data: string, { layers }: MadeStack): string {
  const chainID = chainIDs(layers.map((layer) => layer.diffID)).at(-1)
  const record = join(data, 'image/vfs/layerdb/sha256', hexOf(chainID as Digest), 'cache-id')
  return join(data, 'vfs/dir', readFileSync(record, 'utf8').trim())
}

/** An archive for `docker load`. */
async function writeArchive(file: string, { layers }: MadeStack): Promise<void> {
  const { config } = makeImage(layers)
  const manifest = [{ Config: 'config.json', RepoTags: null, Layers: layers.map((_, i) => `${i}/layer.tar`) }]
  const members: [string, Buffer][] = [
    ['config.json', config],
    ['manifest.json', Buffer.from(JSON.stringify(manifest))],
    ...layers.map((layer, i): [string, Buffer] => [`${i}/layer.tar`, readFileSync(layer.file)]),
  ]
  const parts = members.flatMap(([path, content]) => [
    tarHeader(blankEntry(path, 'file', { size: content.length })),
    content,
    tarPadding(content.length),
  ])
  await pipeline(Readable.from([...parts, tarEnd]), createWriteStream(file))
}
