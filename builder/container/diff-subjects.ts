import { IbuildError } from '../../shared/base/errors.ts'
import type { RootfsView } from '../layers/view.ts'
import type { Store } from '../store/types.ts'
import { type Subject, viewOf } from './subject.ts'

/** Two trees to compare. */
export interface TreePair {
  readonly before: RootfsView
  readonly after: RootfsView
}

/**
 * What a subject is compared with when it is alone: a container with its image, an image with itself without its last
 * layer, or what the layer of that number (the base has 1) lies on with what it makes of it. USAGE for a layer that is
 * not there.
 */
export function ownPair(store: Store, subject: Subject, layer: number | undefined): TreePair {
  const view = viewOf(store, subject)
  const count = view.layers.length
  if (layer !== undefined && (layer < 1 || layer > count)) throw noLayer(layer, count)
  if (subject.kind === 'container' && layer === undefined) {
    return { before: view.below(subject.container.config.rootfs.diff_ids.length), after: view }
  }
  const number = layer ?? count
  return { before: view.below(Math.max(0, number - 1)), after: view.below(number) }
}

function noLayer(layer: number, count: number): IbuildError {
  return new IbuildError('USAGE', `there is no layer ${layer}`, {
    hint: count === 0 ? 'It has no layers.' : `Layers are numbered from 1, the base, to ${count}.`,
  })
}
