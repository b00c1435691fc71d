import { isIbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../shared/base/json.ts'

/** So long the JSON of references may be that stand in an event. */
const mostText = 64 * 1024
/** Manifests with more bytes are not read for them: it would take time for nothing. */
const mostBytes = 4 * mostText

/**
 * The descriptors that a manifest names: its config and layers, or the manifests of an index. Undefined when there are so many
 * that an event would be too long, and for what is no JSON.
 */
export function referencesIn(bytes: Uint8Array): readonly JsonObject[] | undefined {
  if (bytes.byteLength > mostBytes) return undefined
  const manifest = parsed(bytes)
  if (!isObject(manifest)) return undefined
  const lists = [[manifest['config']], manifest['layers'], manifest['manifests'], manifest['blobs']]
  const found = lists.flatMap((list) => (Array.isArray(list) ? list : [])).filter(isObject)
  return found.length > 0 && JSON.stringify(found).length <= mostText ? found : undefined
}

function parsed(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, { what: 'manifest' })
  } catch (error) {
    if (isIbuildError(error)) return null
    throw error
  }
}
