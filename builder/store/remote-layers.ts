import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { isObject } from '../../shared/base/json.ts'
import { syncPath } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { currentBoot } from '../../shared/cas/owner.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf, remoteLayerFile } from './layout.ts'
import { readJsonFile } from './read-json-file.ts'
import type { IndexSource, RemoteLayer } from './remote-types.ts'
import { removeFolder, renameUnlessThere } from './remove-folder.ts'
import { removeTree } from './remove-tree.ts'
import type { StoredLayer } from './types.ts'

/** Layers of which only the index is here. */
export interface RemoteLayers {
  get(diffID: Digest): StoredLayer | undefined
  /** See `LayerStore.commitRemote`. */
  commit(layer: RemoteLayer): Promise<StoredLayer>
  /** True for one that is here and not durable yet. */
  isPending(diffID: Digest): boolean
  /** What has to be synced before {@link markDurable}. */
  pathsOf(diffID: Digest): readonly string[]
  markDurable(diffID: Digest): Promise<void>
  list(): readonly Digest[]
  remove(diffID: Digest): void
}

/** Most bytes of the files whose contents are kept, as JSON. */
const mostFileBytes = 16 * 1024 * 1024

const noFiles: ReadonlyMap<string, Uint8Array> = new Map()

/** Like a layer, each is put together in a temporary folder and moved in whole. */
export function createRemoteLayers({ layout, temps }: StoreContext): RemoteLayers {
  const dirOf = (diffID: Digest): string => path.join(layout.remoteLayers, fileNameOf(diffID))
  const fileOf = (diffID: Digest, name: string): string => remoteLayerFile(layout, diffID, name)
  const isDurable = (diffID: Digest): boolean => existsSync(fileOf(diffID, 'durable'))

  const get = (diffID: Digest): StoredLayer | undefined => {
    const meta = readMeta(fileOf(diffID, 'meta.json'))
    if (meta === undefined || (meta.boot !== currentBoot() && !isDurable(diffID))) return undefined
    const indexFile = fileOf(diffID, 'index')
    if (!existsSync(indexFile)) return undefined
    const { size, index, source } = meta
    const files = (): ReadonlyMap<string, Uint8Array> => readFiles(fileOf(diffID, 'files.json'))
    return { diffID, size, indexFile, bytes: { kind: 'remote', index, source, files } }
  }

  const write = (dir: string, { size, index, indexDigest, source, files }: RemoteLayer): void => {
    mkdirSync(dir)
    if ('file' in index) renameSync(index.file, path.join(dir, 'index'))
    else writeFileSync(path.join(dir, 'index'), index)
    if (files.size > 0) writeFileSync(path.join(dir, 'files.json'), filesText(files))
    const meta = { version: 1, size, boot: currentBoot(), index: indexDigest, source }
    writeFileSync(path.join(dir, 'meta.json'), JSON.stringify(meta))
  }

  /** One that was read takes the place of one that is only believed; what cannot be trusted any more goes too. */
  const replace = async (dir: string, layer: RemoteLayer): Promise<void> => {
    const lock = await lockExclusive(path.join(layout.locks, 'layers'))
    try {
      if (mayReplace(get(layer.diffID), layer)) removeFolder(temps, dirOf(layer.diffID))
      if (!renameUnlessThere(dir, dirOf(layer.diffID))) await removeTree(dir)
    } finally {
      lock.release()
    }
  }

  const commit = async (layer: RemoteLayer): Promise<StoredLayer> => {
    const dir = temps.name('remote')
    mkdirSync(layout.remoteLayers, { recursive: true })
    try {
      write(dir, layer)
      if (mayReplace(get(layer.diffID), layer)) await replace(dir, layer)
      else await removeTree(dir)
    } catch (error) {
      rmSync(dir, { recursive: true, force: true })
      throw error
    }
    const there = get(layer.diffID)
    if (there === undefined) throw new Error(`layer ${layer.diffID} vanished while it was committed`)
    return there
  }

  return {
    get,
    commit,
    isPending: (diffID) => get(diffID) !== undefined && !isDurable(diffID),
    pathsOf: (diffID) => [
      ...['index', 'files.json', 'meta.json'].map((name) => fileOf(diffID, name)).filter((file) => existsSync(file)),
      dirOf(diffID),
      layout.remoteLayers,
      layout.root,
    ],
    async markDurable(diffID) {
      writeFileSync(fileOf(diffID, 'durable'), '')
      await syncPath(dirOf(diffID))
    },
    list: () => namesIn(layout.remoteLayers).flatMap((name) => digestOfFileName(name) ?? []),
    remove: (diffID) => removeFolder(temps, dirOf(diffID)),
  }
}

function filesText(files: RemoteLayer['files']): string {
  const contents = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])
  return JSON.stringify({ version: 1, files: Object.fromEntries(contents) })
}

function mayReplace(there: StoredLayer | undefined, { source }: RemoteLayer): boolean {
  if (there === undefined) return true
  return there.bytes.kind === 'remote' && there.bytes.source === 'published' && source === 'read'
}

interface RemoteMeta {
  readonly size: number
  readonly boot: string
  readonly index: Digest
  readonly source: IndexSource
}

function readMeta(file: string): RemoteMeta | undefined {
  const { version, size, boot, index, source } = readJsonFile(file) ?? {}
  if (version !== 1 || typeof size !== 'number' || typeof boot !== 'string') return undefined
  if (typeof index !== 'string' || !isDigest(index) || (source !== 'read' && source !== 'published')) return undefined
  return { size, boot, index, source }
}

/** A file that is lost or damaged is no harm: then the contents are fetched with the layer. */
function readFiles(file: string): ReadonlyMap<string, Uint8Array> {
  const { version, files } = readJsonFile(file, mostFileBytes) ?? {}
  if (version !== 1 || !isObject(files)) return noFiles
  return new Map(
    Object.entries(files).flatMap(([name, text]) =>
      typeof text === 'string' ? [[name, Buffer.from(text, 'base64')]] : [],
    ),
  )
}
