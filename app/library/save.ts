import { findImage } from '../../builder/find-image.ts'
import { createView } from '../../builder/layers/view.ts'
import { openStore } from '../../builder/store/open.ts'
import { openLayer } from '../../builder/store/open-layer.ts'
import type { Store } from '../../builder/store/types.ts'
import { abortable, cancellable } from '../../shared/base/abort.ts'
import type { AbortOptions, ImageOptions, StoreOptions } from './options.ts'

/** What `saveImages` writes. */
export interface SaveImagesOptions extends StoreOptions, AbortOptions {
  /** Names, digests or IDs. An image is saved under all of its names. */
  readonly images: readonly string[]
  /** `docker`, which every tool can load, unless told otherwise; `oci` is an OCI layout as tar. */
  readonly format?: 'docker' | 'oci'
}

/**
 * The bytes of an archive of these images; the same images give the same bytes. Nothing happens before they are read, and
 * `prune` waits until they are. Errors, when read: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`, `CANCELLED`.
 */
export function saveImages({ root, images, format = 'docker', signal }: SaveImagesOptions): AsyncIterable<Uint8Array> {
  return readLocked({ root, signal }, async (store) => {
    const { writeArchive } = await import('../../builder/export/archive.ts')
    const { layoutMembers } = await import('../../builder/export/layout-members.ts')
    const found = new Map(images.map((name) => findImage(store, name)).map((image) => [image.manifestDigest, image]))
    const named = [...found.values()].map((image) => ({ image, names: image.names }))
    return writeArchive(layoutMembers(store, named, { docker: format === 'docker' }))
  })
}

/** What `exportImage` writes. */
export interface ExportImageOptions extends ImageOptions, AbortOptions {}

/**
 * The bytes of a tar with the root filesystem of an image: all layers as one, without their whiteouts. Errors, when read:
 * `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`, `CANCELLED`.
 */
export function exportImage({ root, image, signal }: ExportImageOptions): AsyncIterable<Uint8Array> {
  return readLocked({ root, signal }, async (store) => {
    const { flatTar } = await import('../../builder/export/flat-tar.ts')
    const layers = findImage(store, image).config.rootfs.diff_ids
    return flatTar(createView(layers.map((diffID) => openLayer(store, diffID))))
  })
}

type Open = (store: Store) => Promise<AsyncIterable<Uint8Array>>

/** Holds the store from the first piece to the last, or until the reader leaves. */
async function* readLocked(
  { root, signal }: StoreOptions & AbortOptions,
  open: Open,
): AsyncGenerator<Uint8Array, void, undefined> {
  const store = openStore(root)
  const lock = await cancellable(signal, async () => store.lockShared({ signal }))
  try {
    const pieces = abortable(await open(store), signal)
    try {
      for (;;) {
        const next = await cancellable(signal, async () => pieces.next())
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await pieces.return(undefined)
    }
  } finally {
    lock.release()
  }
}
