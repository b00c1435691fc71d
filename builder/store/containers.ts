import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { makeFolders, mapDiskFull, syncPath, syncPathSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { parseConfig } from '../../shared/oci/config.ts'
import { parseManifest } from '../../shared/oci/manifest.ts'
import type { BlobStore } from './blob-store.ts'
import { type ContainerFile, formatContainer, maxContainerBytes, parseContainer } from './container-file.ts'
import { isContainerName } from './container-name.ts'
import type { StoreContext } from './context.ts'
import { maxDocumentBytes } from './image-entry.ts'
import type { Container, ContainerScan, ContainerStore, LayerStore } from './types.ts'

interface Parts {
  readonly blobs: BlobStore
  readonly layers: LayerStore
}

/** One file for each container, under its name; what the command wrote is a layer like all others. */
export function createContainerStore(context: StoreContext, { blobs, layers }: Parts): ContainerStore {
  const { layout, temps } = context
  const fileOf = (name: string): string => path.join(layout.containers, checkName(name))
  const open = (file: ContainerFile): Container => ({
    ...file,
    get manifest() {
      return parseManifest(parseJson(blobs.readVerified(file.manifestDigest, maxDocumentBytes), { what: 'manifest' }))
    },
    get config() {
      return parseConfig(parseJson(blobs.readVerified(file.imageID, maxDocumentBytes), { what: 'image config' }))
    },
  })
  const get = (name: string): Container | undefined => {
    const file = readContainer(fileOf(name))
    return file && open(file)
  }
  const add = async (container: ContainerFile): Promise<Container> => {
    const target = fileOf(container.name)
    if (container.layer !== undefined) await layers.sync([container.layer])
    const temporary = temps.name('container')
    try {
      makeFolders(layout.containers)
      writeFileSync(temporary, formatContainer(container), { mode: 0o644 })
      syncPathSync(temporary)
      linkSync(temporary, target)
    } catch (error) {
      throw errnoOf(error) === 'EEXIST' ? nameTaken(container.name) : error
    } finally {
      rmSync(temporary, { force: true })
    }
    await syncPath(layout.containers)
    return open(container)
  }
  const remove = async (name: string): Promise<boolean> => {
    try {
      rmSync(fileOf(name))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
    await syncPath(layout.containers)
    return true
  }

  const scan = (): ContainerScan => {
    const names = namesIn(layout.containers).sort()
    const found = names.flatMap((name) => tryContainer(path.join(layout.containers, name)) ?? [])
    return {
      containers: found.flatMap((file) => (file instanceof IbuildError ? [] : [open(file)])),
      damaged: found.filter((file) => file instanceof IbuildError),
    }
  }

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => context.underShared(async () => mapDiskFull(work))
  return {
    get,
    add: async (container) => guarded(async () => add(container)),
    // Who removes what is not there makes nothing, a lock neither.
    remove: async (name) => existsSync(fileOf(name)) && guarded(async () => remove(name)),
    list: () => {
      const { containers, damaged } = scan()
      if (damaged[0] !== undefined) throw damaged[0]
      return containers
    },
    scan,
  }
}

/** The error of a name that is no container's: USAGE. */
function checkName(name: string): string {
  if (isContainerName(name)) return name
  throw new IbuildError('USAGE', `not a name for a container: ${JSON.stringify(name.slice(0, 200))}`, {
    hint: 'Letters, digits, ".", "_" and "-", at most 128, a letter or digit first.',
  })
}

/** The error of a name that another container has. */
export function nameTaken(name: string): IbuildError {
  return new IbuildError('CONTAINER_EXISTS', `there is a container ${name} already`, {
    hint: `Take another name, or remove that one: ibuild rm ${name}`,
  })
}

function readContainer(file: string): ContainerFile | undefined {
  const bytes = readIfThere(file)
  if (bytes === undefined) return undefined
  try {
    return parseContainer(parseJson(bytes, { what: 'container', maxBytes: maxContainerBytes }), path.basename(file))
  } catch (cause) {
    const hint = `Remove it: ibuild rm ${path.basename(file)}`
    throw new IbuildError('STORE_INVALID', `the container in ${file} is damaged`, { cause, hint })
  }
}

function tryContainer(file: string): ContainerFile | IbuildError | undefined {
  try {
    return readContainer(file)
  } catch (error) {
    if (isIbuildError(error, 'STORE_INVALID')) return error
    throw error
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
