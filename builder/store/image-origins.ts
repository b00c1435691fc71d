import { isDigest } from '../../shared/base/digest.ts'
import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists, isSamePlace, type KnownLists } from './known-lists.ts'
import type { ImageOrigin, SizedDigest } from './remote-types.ts'

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

function entryOf({ domain, path, mediaType, digest, manifest, pulled, index }: ImageOrigin): JsonObject {
  const text = Buffer.from(manifest).toString()
  const through = index && { index: { digest: index.digest, size: index.size } }
  return { domain, path, mediaType, digest, manifest: text, ...(pulled === true && { pulled }), ...through }
}

function originOf({ domain, path, mediaType, digest, manifest, pulled, index }: JsonObject): ImageOrigin | undefined {
  if (typeof domain !== 'string' || typeof path !== 'string' || typeof mediaType !== 'string') return undefined
  if (typeof digest !== 'string' || !isDigest(digest) || typeof manifest !== 'string') return undefined
  const through = sizedDigestOf(index)
  const place = { domain, path, mediaType, digest, manifest: Buffer.from(manifest) }
  return { ...place, ...(pulled === true && { pulled }), ...(through && { index: through }) }
}

function sizedDigestOf(value: JsonValue | undefined): SizedDigest | undefined {
  if (!isObject(value)) return undefined
  const { digest, size } = value
  return typeof digest === 'string' && isDigest(digest) && typeof size === 'number' ? { digest, size } : undefined
}
