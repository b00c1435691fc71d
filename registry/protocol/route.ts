/**
 * What a request is for, by its path alone (OCI distribution-spec, "Endpoints"). `name`, `reference`, `digest` and `session`
 * are as the client wrote them, decoded once: whoever takes them parses them.
 */
export type Route =
  /** `/v2/` */
  | { readonly kind: 'base' }
  /** `/v2/_catalog` */
  | { readonly kind: 'catalog' }
  /** `/v2/NAME/manifests/REFERENCE` */
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  /** `/v2/NAME/blobs/DIGEST` */
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  /** `/v2/NAME/blobs/uploads/` */
  | { readonly kind: 'uploads'; readonly name: string }
  /** `/v2/NAME/blobs/uploads/SESSION` or `/v2/NAME/blobs/uploads/SESSION.SEAL` */
  | { readonly kind: 'upload'; readonly name: string; readonly session: string; readonly seal?: string }
  /** `/v2/NAME/tags/list` */
  | { readonly kind: 'tags'; readonly name: string }
  /** `/v2/NAME/referrers/DIGEST` */
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string }
  /** `/v2/_oci/ext/discover` and `/v2/NAME/_oci/ext/discover` */
  | { readonly kind: 'extensions'; readonly name: string | undefined }

/** No path that means anything is longer: a name has 255 characters, a digest 135. */
const longestPath = 1024

/**
 * The route of a path as it stands in the request line, without its query; undefined for one that is none. Names contain
 * slashes, and any word of a path may be a part of one (`blobs/uploads` is a name): so a path is cut at its last marker. Only
 * the last part is decoded, because nothing in a name ever needs to be encoded, and only once.
 */
export function parseRoute(path: string): Route | undefined {
  if (path.length > longestPath) return undefined
  if (path === '/v2' || path === '/v2/') return { kind: 'base' }
  if (!path.startsWith('/v2/')) return undefined
  const parts = path.slice('/v2/'.length).split('/')
  const last = decoded(parts.at(-1) ?? '')
  return last === undefined ? undefined : (withoutName(parts) ?? withName(parts, last))
}

function withoutName(parts: readonly string[]): Route | undefined {
  const path = parts.join('/')
  if (path === '_catalog') return { kind: 'catalog' }
  return path === '_oci/ext/discover' ? { kind: 'extensions', name: undefined } : undefined
}

function withName(parts: readonly string[], last: string): Route | undefined {
  const [third, second] = [parts.at(-3), parts.at(-2)]
  const name = (markers: number): string => parts.slice(0, -markers).join('/')
  if (third === 'blobs' && second === 'uploads') {
    return last === '' ? { kind: 'uploads', name: name(3) } : upload(name(3), last)
  }
  if (third === '_oci' && second === 'ext' && last === 'discover') return { kind: 'extensions', name: name(3) }
  if (second === 'tags' && last === 'list') return { kind: 'tags', name: name(2) }
  if (second === 'manifests') return { kind: 'manifest', name: name(2), reference: last }
  if (second === 'referrers') return { kind: 'referrers', name: name(2), digest: last }
  if (second !== 'blobs') return undefined
  return last === 'uploads' ? { kind: 'uploads', name: name(2) } : { kind: 'blob', name: name(2), digest: last }
}

/** No ID of a session has a dot. */
function upload(name: string, last: string): Route {
  const dot = last.indexOf('.')
  return dot < 0
    ? { kind: 'upload', name, session: last }
    : { kind: 'upload', name, session: last.slice(0, dot), seal: last.slice(dot + 1) }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined // no UTF-8, or a % that encodes nothing
  }
}
