import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { makeFolders, mapDiskFullSync } from '../../shared/cas/disk.ts'
import { extractTree } from '../layers/extract-tree.ts'
import { createView, type RootfsView } from '../layers/view.ts'
import type {
  Annotations,
  DockerOutput,
  OciOutput,
  OutputSpec,
  RegistryOutput,
  WrittenOutput,
} from '../output-types.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { writeArchive } from './archive.ts'
import type { NamedImage } from './archive-image.ts'
import { flatTar } from './flat-tar.ts'
import { membersOf } from './layout-members.ts'
import { prepareArchive } from './prepare-archive.ts'
import { writeBytes } from './write-bytes.ts'
import { writeLayout } from './write-layout.ts'

interface OutputContext {
  readonly store: Store
  /** Where a `dest` of '-' goes. */
  readonly stdout: NodeJS.WritableStream | undefined
  /** Stops the writing: its reason is thrown, and no half archive has the name of `dest`. */
  readonly signal?: AbortSignal | undefined
}

export interface OutputRequest extends OutputContext {
  readonly image: StoredImage
  readonly output: Exclude<OutputSpec, RegistryOutput>
  /** Names as given; they are written into archives, unless the output has names of its own. */
  readonly names: readonly string[]
  /** Of all outputs; those of the manifest are in the stored image already. */
  readonly annotations?: Annotations | undefined
}

/** Writes an image as an archive, or its files as a tar or a folder, or loads it into a daemon. */
export async function writeOutput(request: OutputRequest): Promise<WrittenOutput> {
  const { store, image, output, names } = request
  switch (output.type) {
    case 'oci':
    case 'docker': {
      const named = { image, names: (output.names ?? names).map(fullName) }
      const annotations = mergeAnnotations(request.annotations, output.annotations)
      return writeImages([named], { ...output, ...(annotations !== undefined && { annotations }) }, request)
    }
    case 'daemon': {
      const { loadIntoDaemon } = await import('./load-into-daemon.ts')
      const named = { image, names: (output.names ?? names).map(fullName) }
      return loadIntoDaemon(store, named, { host: output.host, signal: request.signal })
    }
    case 'tar':
      await writeBytes(flatTar(await imageView(request)), { ...request, dest: output.dest })
      return output
    case 'local':
      makeFolder(output.dest)
      await extractTree(await imageView(request), output.dest, { signal: request.signal })
      return output
  }
}

function makeFolder(dest: string): void {
  try {
    mapDiskFullSync(() => makeFolders(dest))
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === undefined) throw cause
    const why = errno === 'EEXIST' || errno === 'ENOTDIR' ? 'it is not a folder' : errno
    throw new IbuildError('USAGE', `cannot write to ${dest}: ${why}`, {
      cause,
      hint: 'Name a new folder, or one that you may write to.',
    })
  }
}

/** Writes images into one archive; layers and configs that several have are written once. */
export async function writeImages(
  images: readonly NamedImage[],
  output: OciOutput | DockerOutput,
  context: OutputContext,
): Promise<WrittenOutput> {
  const { type, dest } = output
  const prepared = await prepareArchive(images, output, context)
  if (type === 'oci' && output.folder === true) await writeLayout(dest, prepared, context.signal)
  else await writeBytes(writeArchive(membersOf(prepared, { docker: type === 'docker' })), { ...context, dest })
  const [only, ...others] = prepared
  return { type, dest, ...(only !== undefined && others.length === 0 && { descriptor: only.descriptor }) }
}

function mergeAnnotations(all: Annotations | undefined, own: Annotations | undefined): Annotations | undefined {
  if (all === undefined || own === undefined) return own ?? all
  return {
    manifest: new Map([...all.manifest, ...own.manifest]),
    descriptor: new Map([...all.descriptor, ...own.descriptor]),
  }
}

/** The root filesystem of a stored image, with all contents. */
async function imageView({ store, image, signal }: OutputRequest): Promise<RootfsView> {
  const diffIDs = image.config.rootfs.diff_ids
  await store.fetchLayers(diffIDs, { signal })
  return createView(diffIDs.map((diffID) => openLayer(store, diffID)))
}
