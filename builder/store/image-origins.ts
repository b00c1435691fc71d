import { isDigest } from '../../shared/base/digest.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists, isSamePlace, type KnownLists } from './known-lists.ts'
import type { ImageOrigin } from './remote-types.ts'

/** Manifests beyond this are not kept: each of them would be read with the others. */
const mostManifestBytes = 256 * 1024

/** See `ImageOriginStore`. */
export function createImageOriginStore(context: StoreContext): KnownLists<ImageOrigin> {
  const lists = createKnownLists<ImageOrigin>(context, {
    folder: context.layout.origins,
    most: 8,
    mostBytes: 4 * 1024 * 1024,
    write: entryOf,
    read: originOf,
    isSame: isSamePlace,
  })
  return {
    ...lists,
    add: async (imageID, origin) => {
      if (origin.manifest.byteLength <= mostManifestBytes) await lists.add(imageID, origin)
    },
  }
}

function entryOf({ domain, path, mediaType, digest, manifest, pulled }: ImageOrigin): JsonObject {
  const text = Buffer.from(manifest).toString()
  return { domain, path, mediaType, digest, manifest: text, ...(pulled === true && { pulled }) }
}

function originOf({ domain, path, mediaType, digest, manifest, pulled }: JsonObject): ImageOrigin | undefined {
  if (typeof domain !== 'string' || typeof path !== 'string' || typeof mediaType !== 'string') return undefined
  if (typeof digest !== 'string' || !isDigest(digest) || typeof manifest !== 'string') return undefined
  return { domain, path, mediaType, digest, manifest: Buffer.from(manifest), ...(pulled === true && { pulled }) }
}
