/**
 * What stands beside an image in a registry so that one can build on it without its layers: an artifact manifest whose
 * subject is the image; its config is the **list**, its layers are the plain indexes of the image's layers, each in zstd.
 * Annotations of the image's manifest name the list: so the digest of the image vouches for all of it.
 */
export const indexTypes = {
  artifact: 'application/vnd.ibuild.layer-indexes.v1',
  list: 'application/vnd.ibuild.layer-indexes.v1+json',
  index: 'application/vnd.ibuild.layer-index.v1+zstd',
} as const

/** Annotations of the manifest of an image. */
export const listAnnotations = {
  digest: 'dev.ibuild.layer-indexes.digest',
  size: 'dev.ibuild.layer-indexes.size',
} as const
