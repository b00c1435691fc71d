import type { Store, StoredImage } from '../../../builder/store/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { chainIDs } from '../../../shared/oci/chain-id.ts'
import { historyLines } from '../history-lines.ts'
import { listImage } from '../listed-image.ts'

/** An image with its layers, where each has its bytes, and both documents. Errors: STORE_INVALID when it is damaged. */
export function describeImage(store: Store, image: StoredImage): object {
  const { known } = listImage(image)
  if (known instanceof IbuildError) throw known
  const { imageID, manifestDigest, names, storedAt, config, manifest } = image
  return {
    type: 'image',
    id: imageID,
    digest: manifestDigest,
    names,
    created: config.created ?? null,
    storedAt: new Date(storedAt).toISOString(),
    size: known.size,
    layers: describeLayers(store, image),
    containers: store.containers
      .scan()
      .containers.filter((container) => container.manifestDigest === manifestDigest)
      .map(({ name }) => name),
    config,
    manifest,
  }
}

function describeLayers(store: Store, image: StoredImage): object[] {
  const chains = chainIDs(image.config.rootfs.diff_ids)
  const made = historyLines(image).filter(({ diffID }) => diffID !== undefined)
  return image.config.rootfs.diff_ids.map((diffID, i) => ({
    diffID,
    chainID: chains[i],
    size: image.manifest.layers[i]?.size ?? null,
    createdBy: made[i]?.entry.created_by ?? null,
    bytes: store.layers.get(diffID)?.bytes.kind ?? 'missing',
  }))
}
