import { Refusal } from '../../shared/web/further.ts'
import type { Source } from '../facts.ts'
import { changingEndpoints } from './changing.ts'
import type { Endpoint } from './endpoint.ts'
import { readingEndpoints } from './reading.ts'

/** Where the API is; `/v1` is its version. */
export const prefix = '/api/gc'
export const base = `${prefix}/v1`

/** All operations of a source. */
export const endpoints: readonly Endpoint[] = [...readingEndpoints, ...changingEndpoints]

/** What a path leads to. */
export type Found =
  | { readonly kind: 'sources' | 'document' }
  | { readonly kind: 'endpoint'; readonly source: Source; readonly endpoint: Endpoint; readonly name: string }

const sources: readonly Source[] = ['registry', 'store', 'docker']

/** What a method and a path ask for. Errors: Refusal with 404 or 405. */
export function findRoute(method: string, path: string): Found {
  const isRead = method === 'GET' || method === 'HEAD'
  if (path === `${base}/openapi.json` || path === base) {
    if (isRead) return { kind: path === base ? 'sources' : 'document' }
    throw wrongMethod(['GET'])
  }
  const [, sourceName = '', rest = ''] = new RegExp(`^${base}/([a-z]+)(/.*)$`).exec(path) ?? []
  const source = sources.find((one) => one === sourceName)
  const there = source === undefined ? [] : endpoints.flatMap((one) => matched(one, rest))
  if (source === undefined || there.length === 0) throw new Refusal(404, 'there is nothing at this path')
  const found = there.find(({ endpoint }) => endpoint.method === method)
  if (found === undefined) throw wrongMethod(there.map(({ endpoint }) => endpoint.method))
  return { kind: 'endpoint', source, ...found }
}

function matched(endpoint: Endpoint, path: string): readonly { readonly endpoint: Endpoint; readonly name: string }[] {
  const match = new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '([^/]{1,384})')}$`).exec(path)
  return match === null ? [] : [{ endpoint, name: decoded(match[1] ?? '') }]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'the path has a % that encodes nothing')
  }
}

function wrongMethod(methods: readonly string[]): Refusal {
  return new Refusal(405, `here is ${methods.join(' and ')} alone`, { Allow: methods.join(', ') })
}
