import type { DockerOutput, OciOutput } from '../output-types.ts'
import type { Store } from '../store/types.ts'
import { type ArchiveImage, archiveImages, type NamedImage } from './archive-image.ts'
import { checkCompression } from './check-compression.ts'
import { requireDockerDepth } from './docker-depth.ts'

/** What of an output decides about the bytes of the archive. */
export type ArchiveSpec = Pick<OciOutput | DockerOutput, 'type' | 'compression' | 'annotations'>

export interface ArchiveSource {
  readonly store: Store
  readonly signal?: AbortSignal | undefined
}

/** Compresses what is to be compressed and refuses what the reader could not take. Errors: USAGE, LAYER_LIMIT, LAYER_INVALID. */
export async function prepareArchive(
  images: readonly NamedImage[],
  { type, compression, annotations }: ArchiveSpec,
  { store, signal }: ArchiveSource,
): Promise<ArchiveImage[]> {
  checkCompression({ type, compression })
  if (type === 'docker')
    for (const { image } of images) requireDockerDepth(image, 'type=oci (--format oci) has no such limit')
  return archiveImages(store, images, { compression, annotations, signal })
}
