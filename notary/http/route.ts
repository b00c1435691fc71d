import type { FileQuery } from '../store/collection-types.ts'
import { isBaseRole, isRole } from '../tuf/role.ts'
import type { ServerRole } from '../tuf/types.ts'

/** What a path names. GUNs are as the client wrote them, which may be no GUN at all. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'collection'; readonly gun: string }
  | { readonly kind: 'file'; readonly gun: string; readonly query: FileQuery }
  | { readonly kind: 'key'; readonly gun: string; readonly role: ServerRole }
  /** Of one collection, or of all. */
  | { readonly kind: 'changes'; readonly gun: string | undefined }

const mark = '/_trust/'

/**
 * Reads the path of a request; undefined for one that means nothing. A GUN stands in it as it is, with the colon before a port and
 * with slashes, so the path is no list of parts.
 */
export function parseRoute(written: string): Route | undefined {
  const path = decoded(written)
  if (path === '/v2/' || path === '/v2') return { kind: 'base' }
  if (path === '/v2/_trust/changefeed') return { kind: 'changes', gun: undefined }
  const end = path?.indexOf(mark) ?? -1
  if (path === undefined || !path.startsWith('/v2/') || end <= 4) return undefined
  return inCollection(path.slice(4, end), path.slice(end + mark.length))
}

function decoded(path: string): string | undefined {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function inCollection(gun: string, rest: string): Route | undefined {
  if (rest === 'changefeed') return { kind: 'changes', gun }
  if (!rest.startsWith('tuf/')) return undefined
  const name = rest.slice(4)
  if (name === '') return { kind: 'collection', gun }
  if (name === 'timestamp.key') return { kind: 'key', gun, role: 'timestamp' }
  if (name === 'snapshot.key') return { kind: 'key', gun, role: 'snapshot' }
  const query = name.endsWith('.json') ? queryOf(name.slice(0, -5)) : undefined
  return query && { kind: 'file', gun, query }
}

/** `ROLE`, `ROLE.HEX` or `VERSION.ROLE`, of which none has a dot in it. */
function queryOf(name: string): FileQuery | undefined {
  const dot = name.indexOf('.')
  if (dot < 0) return isRole(name) ? { role: name } : undefined
  const [before, after] = [name.slice(0, dot), name.slice(dot + 1)]
  if (isRole(before)) return isHash(after) ? { role: before, hash: after.toLowerCase() } : undefined
  return isRole(after) && isVersion(before) ? { role: after, version: Number(before) } : undefined
}

function isHash(text: string): boolean {
  return (text.length === 64 || text.length === 96 || text.length === 128) && /^[\da-f]+$/i.test(text)
}

/** As the reference server takes it: zeros may stand before. */
function isVersion(text: string): boolean {
  return /^\d{1,15}$/.test(text)
}

/** For logs and metrics, where any role of delegations is one. */
export function routeName(route: Route | undefined): string | undefined {
  if (route?.kind !== 'file') return route?.kind
  return isBaseRole(route.query.role) ? route.query.role : 'delegation'
}
