import { checkOptions } from '../../builder/check-options.ts'
import type { MaxLayers } from '../../builder/squash/layer-limit.ts'
import { openStore } from '../../builder/store/open.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { fullName } from '../../shared/base/reference.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import { detailsOf, type Image } from './image.ts'
import type { AbortOptions, StoreOptions } from './options.ts'

/** What `loadImages` reads. */
export interface LoadImagesOptions extends StoreOptions, AbortOptions {
  /** Path of an archive (docker's or OCI, possibly compressed) or of an OCI layout folder; or the bytes of an archive. */
  readonly archive: string | AsyncIterable<Uint8Array>
  /** Merges neighbouring layers of images that have more. */
  readonly maxLayers?: MaxLayers
  /** Is told of images with nearly too many layers. */
  readonly onWarning?: (warning: string) => void
}

/**
 * Brings the images of an archive into the store, under the names that the archive gives them. An image is visible only
 * when it is complete and every digest has been checked. Errors: `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `DIGEST_MISMATCH`,
 * `LAYER_INVALID`, `LAYER_LIMIT`, `MANIFEST_INVALID`, `CONFIG_INVALID`, `DISK_FULL`, `CANCELLED`.
 */
export async function loadImages(options: LoadImagesOptions): Promise<Image[]> {
  const { root, archive, maxLayers, onWarning, signal } = checkOptions('loadImages', options, ['root', 'archive'])
  return cancellable(signal, async () => {
    const builder = await import('../../builder/export/load.ts')
    const loaded = await builder.loadImages(openStore(root), archive, { signal, maxLayers, onWarning })
    return loaded.map(({ image }) => detailsOf(image))
  })
}

/** What `importRootfs` makes an image of. */
export interface ImportRootfsOptions extends StoreOptions, AbortOptions {
  /** A root filesystem, possibly compressed. */
  readonly tar: AsyncIterable<Uint8Array>
  /** In docker's grammar; without it the image has no name. */
  readonly name?: string
  /** Dockerfile instructions for the config: `CMD ["/bin/sh"]`. */
  readonly changes?: readonly string[]
  /** Comment of the history entry. */
  readonly message?: string
  /** What the image runs on; this machine's unless told otherwise. */
  readonly platform?: Platform
}

/**
 * Makes an image of one layer from a root filesystem. Errors: `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `DOCKERFILE_SYNTAX`,
 * `REFERENCE_INVALID`, `DISK_FULL`, `CANCELLED`; `USAGE` for a change that is not one of the config.
 */
export async function importRootfs(options: ImportRootfsOptions): Promise<Image> {
  checkOptions('importRootfs', options, ['root', 'tar'])
  const { root, tar, name, changes = [], message = 'imported', platform, signal } = options
  return cancellable(signal, async () => {
    const builder = await import('../../builder/export/import.ts')
    const full = name === undefined ? undefined : fullName(name)
    const about = { changes, message, name: full, platform, now: new Date(), signal }
    return detailsOf(await builder.importRootfs(openStore(root), tar, about))
  })
}
