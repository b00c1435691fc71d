import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { abortable } from '../../shared/base/abort.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
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
import { writeNewFile } from './write-new-file.ts'

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
  pieces: AsyncIterable<Uint8Array>,
  { output, stdout, signal }: OutputRequest,
): Promise<void> {
  const bytes = abortable(pieces, signal)
  if (output.dest !== '-') return writeFileWhole(bytes, output.dest)
  if (stdout === undefined) throw new IbuildError('USAGE', 'an output to - needs a stream to write to')
  await pipeline(Readable.from(bytes, { objectMode: false }), stdout, { end: false, ...(signal && { signal }) })
}

/** Writes beside the destination and renames, so that no half file ever has its name. Errors: DISK_FULL, USAGE. */
async function writeFileWhole(bytes: AsyncIterable<Uint8Array>, dest: string): Promise<void> {
  const partial = `${dest}.${process.pid}.partial`
  try {
    makeFolders(dirname(dest))
    await writeNewFile(partial, bytes)
    await rename(partial, dest)
  } catch (error) {
    await rm(partial, { force: true })
    if (errnoOf(error) === 'ENOSPC')
      throw new IbuildError('DISK_FULL', `no space left to write ${dest}`, { cause: error })
    throw error
  }
}
