import { digestOf } from '../../shared/base/digest.ts'
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
 * True for a manifest that no client runs: its config is none of an image, and its layers are none either, for some clients look at
 * neither type of a config nor of a manifest. What an index names is looked at by itself. Only such a one is let through because of
 * what it says to be about: anybody who pushes can say that.
 */
export function isArtifact(manifest: ReadManifest): boolean {
  if (isIndexType(manifest.mediaType)) return true
  const document = documentOf(manifest)
  const config = optional(document, 'config', place, asObject)
  const type = config && optional(config, 'mediaType', inConfig, asString)
  if (type === undefined || imageConfigs.has(type) || !isPlain(document)) return false
  return config?.['digest'] === noConfig || areNoLayers(document)
}

/** True for what stands under a tag as cosign sets them: it may look like an image, but has no layer of one. */
export function hasNoLayers(manifest: ReadManifest): boolean {
  const document = documentOf(manifest)
  return isPlain(document) && areNoLayers(document)
}

/** Nothing can be run with an empty document for a config, whatever its layers are called: tools call any file so that they attach. */
const noConfig: string = digestOf(Buffer.from('{}'))
const inConfig: JsonPlace = { ...place, path: 'manifest.config' }

function areNoLayers(document: JsonObject): boolean {
  return layersOf(document).every((layer, i) => {
    const type = optional(layer, 'mediaType', { ...place, path: `layers[${i}]` }, asString) ?? ''
    return layerCompression(type) === undefined && !/rootfs|\.layer\./i.test(type)
  })
}

function layersOf(document: JsonObject): readonly JsonObject[] {
  const layers = optional(document, 'layers', place, asArray) ?? []
  return layers.map((layer, i) => asObject(layer, { ...place, path: `layers[${i}]` }))
}

/**
 * False when a name differs from one that counts in case alone. Clients in Go take those for the same, and the last one for what is
 * meant: they would see another manifest.
 */
function isPlain(document: JsonObject): boolean {
  const config = optional(document, 'config', place, asObject) ?? {}
  return [document, config, ...layersOf(document)].every((object) =>
    Object.keys(object).every((key) => names.has(key) || !folded.has(fold(key))),
  )
}

const names: ReadonlySet<string> = new Set(['mediaType', 'config', 'layers', 'manifests', 'digest', 'size'])
const folded: ReadonlySet<string> = new Set([...names].map(fold))

/** As Go compares names: beside upper and lower case the long s is one. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll('\u017f', 's')
}

function documentOf({ bytes }: ReadManifest): JsonObject {
  return asObject(parseJson(bytes, { what: 'manifest', maxBytes: mostManifestBytes }), place)
}
