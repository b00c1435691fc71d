import type { JsonValue } from '../../base/json.ts'

/** One call of the admin API of a server, which gives `Admin`. `{x}` in a path is one part of it. */
export type AdminRoute<Admin> = AdminRouteName & (AdminCall<Admin> | AdminLines<Admin>)

interface AdminRouteName {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly about: string
}

interface AdminCall<Admin> {
  readonly run: (admin: Admin, parts: readonly string[], asked: AdminAsked) => Promise<unknown>
}

export interface AdminAsked {
  /** What came as JSON, null without any. */
  readonly body: JsonValue
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
}

interface AdminLines<Admin> {
  /** Answers with a line of JSON for each item; the signal aborts when the caller goes away. */
  readonly lines: (admin: Admin, signal: AbortSignal) => AsyncIterable<unknown>
}

/** The route for a request and the parts of its path that stand for something, decoded. */
export function findRoute<Admin>(
  routes: readonly AdminRoute<Admin>[],
  method: string,
  path: string,
): { readonly route: AdminRoute<Admin>; readonly parts: readonly string[] } | undefined {
  for (const route of routes) {
    const match = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '([^/?]{1,765})')}$`).exec(path)
    if (match !== null && route.method === method) return { route, parts: match.slice(1).map(decoded) }
  }
  return undefined
}

/** What encodes nothing stands for itself, and names nothing then. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
