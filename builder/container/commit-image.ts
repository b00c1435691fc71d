import type { Digest } from '../../shared/base/digest.ts'
import { type HistoryEntry, type ImageConfig, serializeConfig } from '../../shared/oci/config.ts'
import { applyChanges } from '../plan/apply-changes.ts'
import { fullHistory } from '../squash/full-history.ts'
import { checkDepth } from '../squash/layer-limit.ts'
import { localManifest } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'

/** How an image is made from another one without a Dockerfile; what `ibuild commit` and `ibuild run --commit` ask for. */
export interface CommitOptions {
  /** Full name, if any. */
  readonly name: string | undefined
  /** Dockerfile instructions for the config; see `applyChanges`. */
  readonly changes: readonly string[]
  /** Comment of the history entry. */
  readonly message?: string | undefined
  /** Author of the image and of the history entry. */
  readonly author?: string | undefined
  /** The time that goes into the image. */
  readonly now: () => Date
  readonly onNotice: (message: string) => void
}

export interface CommitBase {
  /** Of the image below. */
  readonly config: ImageConfig
  /** What comes on top; undefined when nothing does. */
  readonly layer: Digest | undefined
  /** The command that left the layer, for the history; without one the changes stand there. */
  readonly command: readonly string[]
}

/**
 * Stores an image that is another one, with a layer on top or the same layers: one entry more in its history, its config
 * as it was but for the changes. Errors: LAYER_LIMIT, USAGE, DISK_FULL, those of a Dockerfile for a change.
 */
export async function commitImage(store: Store, base: CommitBase, options: CommitOptions): Promise<StoredImage> {
  const diffIDs = [...base.config.rootfs.diff_ids, ...(base.layer === undefined ? [] : [base.layer])]
  warnDepth(diffIDs.length, options)
  const created = options.now().toISOString()
  const config: ImageConfig = {
    ...(await applyChanges(base.config, options.changes)),
    created,
    ...(options.author !== undefined && { author: options.author }),
    rootfs: { type: 'layers', diff_ids: diffIDs },
    history: [...fullHistory(base.config), { created, ...historyEntry(base, options) }],
  }
  const bytes = serializeConfig(config)
  const lock = await store.lockShared()
  try {
    const image = await store.images.put(localManifest(store, config, bytes), bytes)
    if (options.name !== undefined) await store.tags.set(options.name, image.manifestDigest)
    return image
  } finally {
    lock.release()
  }
}

function historyEntry({ layer, command }: CommitBase, { author, message, changes }: CommitOptions): HistoryEntry {
  const createdBy = command.length > 0 ? command.join(' ') : changes.join('; ')
  return {
    ...(author !== undefined && { author }),
    ...(createdBy !== '' && { created_by: createdBy }),
    ...(message !== undefined && { comment: message }),
    ...(layer === undefined && { empty_layer: true }),
  }
}

function warnDepth(layers: number, { name, onNotice }: CommitOptions): void {
  const hint = 'Merge layers of the image first: ibuild squash.'
  const warning = checkDepth(layers, { subject: name ?? 'the image', hint })
  if (warning !== undefined) onNotice(warning)
}
