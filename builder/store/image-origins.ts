import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists } from './known-lists.ts'
import type { ImageOrigin, ImageOriginStore } from './remote-types.ts'

export interface InternalImageOriginStore extends ImageOriginStore {
  /** Forgets those of all other images. */
  keepOnly(isKept: (imageID: Digest) => boolean): void
}

/** Manifests beyond this are not kept: each of them would be read with the others. */
const mostManifestBytes = 256 * 1024

/** See `ImageOriginStore`. */
export function createImageOriginStore(context: StoreContext): InternalImageOriginStore {
  const lists = createKnownLists(context, { folder: context.layout.origins, most: 8, mostBytes: 4 * 1024 * 1024 })
  return {
    get: (imageID) => lists.get(imageID).flatMap((entry) => originOf(entry) ?? []),
    add: async (imageID, { domain, path, mediaType, digest, manifest, pulled }) => {
      if (manifest.byteLength > mostManifestBytes) return
      const entry = {
        domain,
        path,
        mediaType,
        digest,
        manifest: Buffer.from(manifest).toString(),
        ...(pulled === true && { pulled }),
      }
      const isSame = (other: JsonObject): boolean =>
        other['digest'] === digest && other['domain'] === domain && other['path'] === path
      await lists.add(imageID, entry, isSame)
    },
    keepOnly: (isKept) => {
      for (const imageID of lists.keys()) if (!isKept(imageID)) lists.remove(imageID)
    },
  }
}

function originOf({ domain, path, mediaType, digest, manifest, pulled }: JsonObject): ImageOrigin | undefined {
  if (typeof domain !== 'string' || typeof path !== 'string' || typeof mediaType !== 'string') return undefined
  if (typeof digest !== 'string' || !isDigest(digest) || typeof manifest !== 'string') return undefined
  return { domain, path, mediaType, digest, manifest: Buffer.from(manifest), ...(pulled === true && { pulled }) }
}
