import { openStore } from '../../builder/store/open.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { fullName } from '../../shared/base/reference.ts'
import { detailsOf, type Image } from './image.ts'
import type { AbortOptions, StoreOptions } from './options.ts'

/** What `loadImages` reads. */
export interface LoadImagesOptions extends StoreOptions, AbortOptions {
  /** Path of an archive (docker's or OCI, possibly compressed) or of an OCI layout folder; or the bytes of an archive. */
  readonly source: string | AsyncIterable<Uint8Array>
}

/**
 * Brings the images of an archive into the store, under the names that the archive gives them. An image is visible only
 * when it is complete and every digest has been checked. Errors: `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `DIGEST_MISMATCH`,
 * `LAYER_INVALID`, `MANIFEST_INVALID`, `CONFIG_INVALID`, `DISK_FULL`, `CANCELLED`.
 */
export async function loadImages({ root, source, signal }: LoadImagesOptions): Promise<Image[]> {
  return cancellable(signal, async () => {
    const builder = await import('../../builder/export/load.ts')
    const loaded = await builder.loadImages(openStore(root), source, { signal })
    return loaded.map(({ image }) => detailsOf(image))
  })
}

/** What `importImage` makes an image of. */
export interface ImportImageOptions extends StoreOptions, AbortOptions {
  /** A root filesystem as tar, possibly compressed. */
  readonly source: AsyncIterable<Uint8Array>
  /** In docker's grammar; without it the image has no name. */
  readonly name?: string
  /** Dockerfile instructions for the config: `CMD ["/bin/sh"]`. */
  readonly changes?: readonly string[]
  /** Comment of the history entry. */
  readonly message?: string
}

/**
 * Makes an image of one layer from a root filesystem. Errors: `ARCHIVE_INVALID`, `ARCHIVE_UNSAFE`, `DOCKERFILE_SYNTAX`,
 * `REFERENCE_INVALID`, `DISK_FULL`, `CANCELLED`; `USAGE` for a change that is not one of the config.
 */
export async function importImage(options: ImportImageOptions): Promise<Image> {
  const { root, source, name, changes = [], message = 'imported', signal } = options
  return cancellable(signal, async () => {
    const { importRootfs } = await import('../../builder/export/import.ts')
    const full = name === undefined ? undefined : fullName(name)
    return detailsOf(
      await importRootfs(openStore(root), source, { changes, message, name: full, now: new Date(), signal }),
    )
  })
}
