import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import {
  asArray,
  asObject,
  asString,
  type JsonObject,
  type JsonPlace,
  optional,
  parseJson,
} from '../../shared/base/json.ts'
import { isIndexType, layerCompression, mediaTypes } from '../../shared/oci/media-types.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'

/** A manifest with its bytes. */
export interface ReadManifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig])
const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest' }

/**
 * True for a manifest that no client runs: its config is none of an image. What an index names is looked at by itself. Only such a
 * one is let through because of what it says to be about: anybody who pushes can say that.
 */
export function isArtifact(manifest: ReadManifest): boolean {
  if (isIndexType(manifest.mediaType)) return true
  const config = configType(documentOf(manifest))
  return config !== undefined && !imageConfigs.has(config)
}

/** True for what stands under a tag as cosign sets them: it may look like an image, but has no layer of one. */
export function hasNoLayers(manifest: ReadManifest): boolean {
  const layers = optional(documentOf(manifest), 'layers', place, asArray) ?? []
  return layers.every((layer, i) => {
    const at = { ...place, path: `layers[${i}]` }
    const type = optional(asObject(layer, at), 'mediaType', at, asString) ?? ''
    return layerCompression(type) === undefined && !/rootfs|\.layer\./.test(type)
  })
}

function documentOf({ bytes }: ReadManifest): JsonObject {
  return asObject(parseJson(bytes, { what: 'manifest', maxBytes: mostManifestBytes }), place)
}

function configType(document: JsonObject): string | undefined {
  const config = optional(document, 'config', place, asObject)
  return config && optional(config, 'mediaType', { ...place, path: 'config' }, asString)
}

/**
 * What a tag is about by its form: signatures and the like (`sha256-HEX.sig`), or, without an ending, the list of referrers for
 * registries that do not list them themselves (OCI distribution-spec, "Referrers Tag Schema").
 */
export function subjectOfTag(tag: string): { readonly subject: Digest; readonly isList: boolean } | undefined {
  const [, hex, ending] = /^sha256-([a-f\d]{64})(\.(?:sig|att|sbom))?$/.exec(tag) ?? []
  return hex === undefined ? undefined : { subject: parseDigest(`sha256:${hex}`), isList: ending === undefined }
}
