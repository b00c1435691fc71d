import { checkOptions } from '../../builder/check-options.ts'
import { findSubject, wholeViewOf } from '../../builder/container/subject.ts'
import { findImage } from '../../builder/find-image.ts'
import type { CompressionChoice } from '../../builder/layers/compress/choice.ts'
import type { Annotations } from '../../builder/output-types.ts'
import type { Store } from '../../builder/store/types.ts'
import { cancellable, untilAborted } from '../../shared/base/abort.ts'
import type { AbortOptions, LayerOptions, StoreOptions } from './options.ts'
import type { SourceOptions } from './source.ts'
import { wholeStore } from './whole-store.ts'

/** What `saveImages` writes. */
export interface SaveImagesOptions extends StoreOptions, LayerOptions, AbortOptions {
  /** Names, digests or IDs. An image is saved under all of its names. */
  readonly images: readonly string[]
  /** `docker`, which every tool can load, unless told otherwise; `oci` is an OCI layout as tar. */
  readonly format?: 'docker' | 'oci'
  /** Layers are plain tars unless told otherwise; zstd is for `oci` alone. */
  readonly compression?: CompressionChoice
  /** Beside those that the images have. */
  readonly annotations?: Annotations
}

/**
 * The bytes of an archive of these images; the same images give the same bytes. Nothing happens before they are read, and
 * `prune` waits until they are. Errors, when read: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`, `CANCELLED`;
 * of `docker` archives `LAYER_LIMIT`, and `USAGE` for zstd.
 */
export function saveImages(options: SaveImagesOptions): AsyncIterable<Uint8Array> {
  checkOptions('saveImages', options, ['root', 'images'])
  const { images, format = 'docker', signal } = options
  return readLocked(options, async (store) => {
    const { writeArchive } = await import('../../builder/export/archive.ts')
    const { membersOf } = await import('../../builder/export/layout-members.ts')
    const { prepareArchive } = await import('../../builder/export/prepare-archive.ts')
    const found = new Map(images.map((name) => findImage(store, name)).map((image) => [image.manifestDigest, image]))
    const named = [...found.values()].map((image) => ({ image, names: image.names }))
    const { compression, annotations } = options
    const spec = { type: format, ...(compression && { compression }), ...(annotations && { annotations }) }
    return writeArchive(
      membersOf(await prepareArchive(named, spec, { store, signal }), { docker: format === 'docker' }),
    )
  })
}

/** What `exportRootfs` writes. */
export interface ExportRootfsOptions extends SourceOptions, LayerOptions, AbortOptions {}

/**
 * The bytes of a tar with the root filesystem of an image or container: all layers as one, without their whiteouts. Errors,
 * when read: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`, `CANCELLED`.
 */
export function exportRootfs(options: ExportRootfsOptions): AsyncIterable<Uint8Array> {
  checkOptions('exportRootfs', options, ['root', 'source'])
  return readLocked(options, async (store) => {
    const { flatTar } = await import('../../builder/export/flat-tar.ts')
    return flatTar(await wholeViewOf(store, findSubject(store, options.source), options.signal))
  })
}

type Open<T> = (store: Store) => Promise<AsyncIterable<T>>

/** Holds the store from the first piece to the last, or until the reader leaves. */
export async function* readLocked<T>(
  { signal, ...options }: StoreOptions & LayerOptions & AbortOptions,
  open: Open<T>,
): AsyncGenerator<T, void, undefined> {
  const store = wholeStore(options)
  const lock = await cancellable(signal, async () => store.lockShared({ signal, reading: true }))
  try {
    const pieces = untilAborted(await cancellable(signal, async () => open(store)), signal)
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
