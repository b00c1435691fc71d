import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'

/** True for a manifest, which parses, with layers that are not in the registry but at addresses that it tells. */
export function hasForeignLayers(bytes: Uint8Array): boolean {
  const document = parseJson(bytes, { what: 'manifest', maxBytes: mostManifestBytes })
  const layers = isObject(document) ? document['layers'] : undefined
  return Array.isArray(layers) && layers.some(isForeign)
}

function isForeign(layer: JsonValue): boolean {
  if (!isObject(layer)) return false
  const { urls } = layer
  return Array.isArray(urls) && urls.length > 0
}
