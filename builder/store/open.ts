import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { makeFolders, mapDiskFullSync, replaceFileDurably, syncPathSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { createBlobStore } from './blob-store.ts'
import { createCompressedStore } from './compressed.ts'
import { createContainerStore } from './containers.ts'
import type { StoreContext } from './context.ts'
import { createContextHashes } from './context-hashes.ts'
import { collectGarbage } from './garbage.ts'
import { createImageOriginStore } from './image-origins.ts'
import { createImageStore } from './images.ts'
import { createIndexFormStore } from './index-forms.ts'
import { createLayerSourceStore } from './layer-sources.ts'
import { createLayerStore } from './layers.ts'
import { foldersOf, type Layout, layoutOf } from './layout.ts'
import { createListingStore } from './listings.ts'
import { whole } from './open-layer.ts'
import { createRecordStore } from './records.ts'
import { lazyLock, sharedLockOf } from './shared-lock.ts'
import { createSnapshotStore } from './snapshots.ts'
import { startWriteBack } from './sync-tree.ts'
import { createTagStore } from './tags.ts'
import { createTempFolders, type TempFolders } from './temp-folders.ts'
import type { Store } from './types.ts'
import { measureUsage } from './usage.ts'
import { createSecretDigest } from './value-secrets.ts'

const formatVersion = 1

/**
 * Opens the store in the folder `root`. While that is missing or empty, the store is empty too: it is made when the first
 * lock for writing is taken, or the first name for something temporary. Removes what killed processes left; walks nothing.
 * STORE_INVALID when the folder holds something else or was made by a newer version.
 */
export function openStore(root: string): Store {
  const layout = layoutOf(path.resolve(root))
  const temps = createTempFolders(layout.temporary)
  let isKnown = checkRoot(layout)
  if (isKnown) temps.clearDead()
  return assemble(layout, {
    temps,
    isMade: () => (isKnown ||= isFormatKnown(layout)),
    make: () => {
      if (isKnown) return
      mapDiskFullSync(() => ensureFormat(layout, temps))
      isKnown = true
      temps.clearDead()
    },
  })
}

interface Making {
  readonly temps: TempFolders
  /** Looks anew as long as it is not: another process may make it. */
  readonly isMade: () => boolean
  readonly make: () => void
}

function assemble(layout: Layout, { temps: own, isMade, make }: Making): Store {
  const temps: TempFolders = {
    ...own,
    name: (prefix) => {
      make()
      return own.name(prefix)
    },
    folder: (prefix) => {
      make()
      return own.folder(prefix)
    },
  }
  const lock = lazyLock(sharedLockOf(path.join(layout.locks, 'store')), { isMade, make })
  const context: StoreContext = { layout, temps, underShared: lock.during }
  const blobs = createBlobStore(layout.blobs, { temporary: () => temps.name('blob') })
  const snapshots = createSnapshotStore(context)
  const sources = createLayerSourceStore(context)
  const layers = createLayerStore(context, { blobs, snapshots, sources })
  const tags = createTagStore(context, { blobs })
  const images = createImageStore(context, { blobs, layers, tags })
  const containers = createContainerStore(context, { blobs, layers })
  const compressed = createCompressedStore(context, { blobs })
  const origins = createImageOriginStore(context)
  const indexForms = createIndexFormStore(context)
  const records = createRecordStore(context)
  const listings = createListingStore(context)
  const hints = { sources, origins, indexForms }
  const parts = { blobs, snapshots, layers, tags, images, containers, compressed, records, listings, ...hints }
  const contextHashes = createContextHashes(layout)
  return {
    root: layout.root,
    ...parts,
    secretDigest: createSecretDigest(context),
    temp: async (prefix) => temps.folder(prefix),
    lockShared: lock.take,
    startWriteBack,
    fetchLayers: async (diffIDs) => diffIDs.map((diffID) => whole(layers, diffID)),
    sync: async () => layers.sync(layers.committed()),
    collectGarbage: async (options) =>
      // What is not there has nothing to be removed.
      collectGarbage(context, { ...parts, contextHashes }, isMade() ? options : { ...options, dryRun: true }),
    usage: () => measureUsage({ ...parts, contextHashes }),
  }
}

function ensureFormat(layout: Layout, temps: TempFolders): void {
  if (!checkRoot(layout)) createLayout(layout, temps)
}

/**
 * False when the store is not made yet. Looks twice, because another process may be making it: the folder is ours or
 * foreign by what is in it then.
 */
function checkRoot(layout: Layout): boolean {
  if (isFormatKnown(layout)) return true
  const foreign = findForeign(layout)
  if (foreign === undefined) return false
  if (!isFormatKnown(layout)) throw foreign
  return true
}

/** False when there is no format file; STORE_INVALID when it is of another version or damaged. */
function isFormatKnown(layout: Layout): boolean {
  const text = readIfThere(layout.formatFile)
  if (text !== undefined) checkFormat(layout, text)
  return text !== undefined
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw unreadable(path.dirname(file), error)
  }
}

function checkFormat({ root }: Layout, text: string): void {
  const document = parseFormat(root, text)
  const format = isObject(document) ? document['format'] : undefined
  if (format === formatVersion) return
  if (typeof format !== 'number') throw invalid(`${root} is damaged: ibuild-store.json has no format number`)
  throw invalid(`${root} has store format ${format}, this ibuild knows only ${formatVersion}`)
}

function parseFormat(root: string, text: string): JsonValue {
  try {
    return parseJson(text, { what: 'ibuild-store.json', maxBytes: 4096 })
  } catch (error) {
    throw invalid(`${root} is damaged: ibuild-store.json is not JSON`, error)
  }
}

/** The format file comes last, so a folder without it is either new, half made by us, or not ours. */
function createLayout(layout: Layout, temps: TempFolders): void {
  makeRoot(layout.root)
  const folders = foldersOf(layout)
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  replaceFileDurably(layout.ociLayoutFile, temps.name(), '{"imageLayoutVersion":"1.0.0"}')
  for (const folder of [...folders, layout.root, path.dirname(layout.root)]) syncPathSync(folder)
  replaceFileDurably(layout.formatFile, temps.name(), `{"format":${formatVersion}}\n`)
  syncPathSync(layout.root)
}

function makeRoot(root: string): void {
  try {
    mapDiskFullSync(() => makeFolders(root, 0o700))
  } catch (error) {
    if (error instanceof IbuildError) throw error
    throw new IbuildError('STORE_INVALID', `cannot make the data folder ${root} (${errnoOf(error)})`, {
      hint: otherFolder,
      cause: error,
    })
  }
}

function findForeign(layout: Layout): IbuildError | undefined {
  const known = [...foldersOf(layout), layout.ociLayoutFile, ...layout.others]
  const ours = new Set(known.map((file) => path.relative(layout.root, file)))
  const foreign = namesInRoot(layout).find((name) => !ours.has(name))
  if (foreign === undefined) return undefined
  const message = `${layout.root} is not a data folder of ibuild: it holds ${JSON.stringify(foreign)}`
  return new IbuildError('STORE_INVALID', message, { hint: 'Name an empty or a new folder with --root.' })
}

function namesInRoot({ root }: Layout): string[] {
  try {
    return namesIn(root)
  } catch (error) {
    throw unreadable(root, error)
  }
}

const otherFolder = 'Name another data folder with --root or IBUILD_ROOT.'

/** Of a folder of another user, or of what is no folder. */
function unreadable(root: string, cause: unknown): IbuildError {
  const errno = errnoOf(cause)
  if (errno === 'EACCES' || errno === 'EPERM') {
    const hint = `It belongs to another user. ${otherFolder}`
    return new IbuildError('STORE_INVALID', `no permission to read the data folder ${root}`, { hint, cause })
  }
  const message = errno === 'ENOTDIR' ? `${root} is not a folder` : `cannot read the data folder ${root} (${errno})`
  return new IbuildError('STORE_INVALID', message, { hint: otherFolder, cause })
}

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('STORE_INVALID', message, { cause })
}
