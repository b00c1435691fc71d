import { fullName } from '../../shared/base/reference.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import type { OutputSpec } from '../build-types.ts'
import { extractTree } from '../layers/extract-tree.ts'
import { createView, type RootfsView } from '../layers/view.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { writeArchive } from './archive.ts'
import { flatTar } from './flat-tar.ts'
import { layoutMembers } from './layout-members.ts'
import { writeBytes } from './write-bytes.ts'

export interface OutputRequest {
  readonly store: Store
  readonly image: StoredImage
  readonly output: OutputSpec
  /** Where a `dest` of '-' goes. */
  readonly stdout: NodeJS.WritableStream | undefined
  /** Names as given; they are written into archives. */
  readonly names: readonly string[]
  /** Stops the writing: its reason is thrown, and no half archive has the name of `dest`. */
  readonly signal?: AbortSignal | undefined
}

/** Writes an image as an archive, or its files as a tar or a folder. */
export async function writeOutput(request: OutputRequest): Promise<void> {
  const { store, image, output, names } = request
  switch (output.type) {
    case 'oci':
    case 'docker': {
      const full = names.map(fullName)
      const members = layoutMembers(store, [{ image, names: full }], { docker: output.type === 'docker' })
      return writeStream(writeArchive(members), request)
    }
    case 'tar':
      return writeStream(flatTar(imageView(store, image)), request)
    case 'local':
      makeFolders(output.dest)
      await extractTree(imageView(store, image), output.dest)
      return
  }
}

/** The root filesystem of a stored image. */
function imageView(store: Store, image: StoredImage): RootfsView {
  return createView(image.config.rootfs.diff_ids.map((diffID) => openLayer(store, diffID)))
}

async function writeStream(
  bytes: AsyncIterable<Uint8Array>,
  { output: { dest }, stdout, signal }: OutputRequest,
): Promise<void> {
  await writeBytes(bytes, { dest, stdout, signal })
}
