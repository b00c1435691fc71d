import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { createView, type RootfsView } from '../layers/view.ts'
import { isContainerName } from '../store/container-name.ts'
import { imageNames } from '../store/image-names.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Container, Store, StoredImage } from '../store/types.ts'

/** Something with a root filesystem. */
export type Subject =
  | { readonly kind: 'image'; readonly image: StoredImage }
  | { readonly kind: 'container'; readonly container: Container }

/**
 * The container of that name, else the image that it means: that can also be named with its tag. Errors: IMAGE_NOT_FOUND with
 * a similar name of either, REFERENCE_INVALID.
 */
export function findSubject(store: Store, text: string): Subject {
  const container = isContainerName(text) ? store.containers.get(text) : undefined
  if (container !== undefined) return { kind: 'container', container }
  const image = store.images.get(text)
  if (image !== undefined) return { kind: 'image', image }
  throw notFound(store, text)
}

function notFound(store: Store, text: string): IbuildError {
  const similar = suggest(text, [...imageNames(store), ...store.containers.scan().containers.map(({ name }) => name)])
  const places = 'See ibuild images and ibuild containers, and --root for the data folder.'
  return new IbuildError('IMAGE_NOT_FOUND', `no container and no image ${JSON.stringify(text)} in ${store.root}`, {
    hint: similar === undefined ? places : `Did you mean ${similar}?`,
  })
}

/** Its layers, the base first; the last one of a container is what its command left, if it changed anything. */
function layersOf(subject: Subject): readonly Digest[] {
  if (subject.kind === 'image') return subject.image.config.rootfs.diff_ids
  const { config, layer } = subject.container
  return [...config.rootfs.diff_ids, ...(layer === undefined ? [] : [layer])]
}

/** Its root filesystem. Errors: LAYER_INVALID when a layer is not in the store. */
export function viewOf(store: Store, subject: Subject): RootfsView {
  return createView(layersOf(subject).map((diffID) => openLayer(store, diffID)))
}

/** The same where all contents will be read: layers of which only the index is here are fetched first. Errors: LAYER_NOT_HERE too. */
export async function wholeViewOf(store: Store, subject: Subject, signal?: AbortSignal): Promise<RootfsView> {
  await store.fetchLayers(layersOf(subject), { signal })
  return viewOf(store, subject)
}
