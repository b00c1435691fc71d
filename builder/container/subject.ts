import type { Digest } from '../../shared/base/digest.ts'
import { createView, type RootfsView } from '../layers/view.ts'
import { isContainerName } from '../store/container-name.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Container, Store, StoredImage } from '../store/types.ts'

/** Something with a root filesystem. */
export type Subject =
  | { readonly kind: 'image'; readonly image: StoredImage }
  | { readonly kind: 'container'; readonly container: Container }

/** The container of that name, else what `findImage` says of it: an image can also be named with its tag. */
export function findSubject(store: Store, text: string, findImage: (text: string) => StoredImage): Subject {
  const container = isContainerName(text) ? store.containers.get(text) : undefined
  return container === undefined ? { kind: 'image', image: findImage(text) } : { kind: 'container', container }
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
