import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerAccess } from '../solve/layer-access.ts'
import { commitUpper, scanUpper, type Upper } from '../solve/upper-layer.ts'
import { checkDepth } from '../squash/layer-limit.ts'
import { nameTaken } from '../store/containers.ts'
import type { Container, Store, StoredImage } from '../store/types.ts'
import { type CommitOptions, commitImage } from './commit-image.ts'

/** What becomes of the files that a command wrote: a container of that name, or an image when it ended with exit code 0. */
export type Keep =
  | { readonly kind: 'container'; readonly name: string }
  | { readonly kind: 'image'; readonly commit: CommitOptions }

/** What was kept; neither member when the command failed and there was an image to make. */
export interface Kept {
  readonly container?: Container
  readonly image?: StoredImage
  /** False when the command changed nothing: then there is no layer for it. */
  readonly changed: boolean
}

export interface Ended {
  readonly image: StoredImage
  readonly command: readonly string[]
  readonly exitCode: number
  readonly upper: Upper
}

/** Refuses before the command runs what could not be kept after it: CONTAINER_EXISTS, LAYER_LIMIT, USAGE. */
export function checkKeep(store: Store, keep: Keep, { config }: StoredImage): void {
  if (keep.kind === 'container' && store.containers.get(keep.name) !== undefined) throw nameTaken(keep.name)
  const hint = 'Merge layers of the image first: ibuild squash.'
  checkDepth(config.rootfs.diff_ids.length + 1, { subject: 'the image with what the command writes', hint })
}

/** Makes a layer of what the command wrote, if it changed anything, and a container or an image with it. */
export async function keepUpper(
  store: Store,
  { ended, keep, layers, signal }: { ended: Ended; keep: Keep; layers: LayerAccess; signal: AbortSignal },
): Promise<Kept> {
  const { image, command, exitCode } = ended
  if (keep.kind === 'image' && exitCode !== 0) return { changed: false }
  const layer = await commitChanges(store, { upper: ended.upper, layers, signal })
  const changed = layer !== undefined
  if (keep.kind === 'image') {
    return { changed, image: await commitImage(store, { config: image.config, layer, command }, keep.commit) }
  }
  const { manifestDigest, imageID } = image
  const created = Date.now()
  const { name } = keep
  const container = { name, manifestDigest, imageID, layer, command, exitCode, created }
  return { changed, container: await store.containers.add(container) }
}

async function commitChanges(
  store: Store,
  { upper, layers, signal }: { upper: Upper; layers: LayerAccess; signal: AbortSignal },
): Promise<Digest | undefined> {
  const scanned = await scanUpper(upper, { store, layers })
  if (signal.aborted) throw new IbuildError('CANCELLED', 'the command was cancelled', { cause: signal.reason })
  return scanned.entries.length === 0 ? undefined : commitUpper(upper, scanned, store)
}
