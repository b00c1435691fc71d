import { Refusal } from '../../shared/web/further.ts'
import { type Source, sources } from '../facts.ts'
import { changingEndpoints } from './changing.ts'
import type { Endpoint } from './endpoint.ts'
import { readingEndpoints } from './reading.ts'
import { sherdockEndpoints } from './sherdock.ts'

/** Where the API is; `/v1` is its version. */
export const prefix = '/api/gc'
export const base = `${prefix}/v1`

/** Where Sherdock's paths are. */
export const sherdockBase = '/api'
/** Those, as a server hands them on, each with what is below it. */
export const sherdockPrefixes: readonly string[] = ['config', 'containers', 'images', 'volumes'].map(
  (name) => `${sherdockBase}/${name}`,
)

/** All operations of a source. */
export const endpoints: readonly Endpoint[] = [...readingEndpoints, ...changingEndpoints]

/** What a path leads to. */
export type Found =
  | { readonly kind: 'sources' | 'document' }
  | (Matched & {
      readonly kind: 'endpoint'
      /** Undefined: the query says it, else it is the Docker daemon. */
      readonly source: Source | undefined
    })

interface Matched {
  readonly endpoint: Endpoint
  /** The part of the path that stands for something. */
  readonly name: string
}

const ofSource = new RegExp(`^${base}/([a-z]+)(/.*)$`)
const routes = routesOf(endpoints)
const sherdockRoutes = routesOf(sherdockEndpoints)

/** What a method and a path ask for. Errors: Refusal with 404 or 405. */
export function findRoute(method: string, path: string): Found {
  const isRead = method === 'GET' || method === 'HEAD'
  if (path === `${base}/openapi.json` || path === base) {
    if (isRead) return { kind: path === base ? 'sources' : 'document' }
    throw wrongMethod(['GET'])
  }
  const { source, there } = below(path)
  if (there.length === 0) throw new Refusal(404, 'there is nothing at this path')
  const found = there.find(({ endpoint }) => endpoint.method === method)
  if (found === undefined) throw wrongMethod(there.map(({ endpoint }) => endpoint.method))
  return { kind: 'endpoint', source, ...found }
}

/** All operations at a path, whatever their methods. */
function below(path: string): { readonly source: Source | undefined; readonly there: readonly Matched[] } {
  const [, sourceName = '', rest = ''] = ofSource.exec(path) ?? []
  const source = sources.find((one) => one === sourceName)
  if (source !== undefined) return { source, there: routes.flatMap((one) => matched(one, rest)) }
  const behind = path.startsWith(`${sherdockBase}/`) ? path.slice(sherdockBase.length) : ''
  return { source, there: sherdockRoutes.flatMap((one) => matched(one, behind)) }
}

interface Route {
  readonly endpoint: Endpoint
  readonly pattern: RegExp
}

function routesOf(all: readonly Endpoint[]): readonly Route[] {
  return all.map((endpoint) => ({
    endpoint,
    pattern: new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '([^/]{1,384})')}$`),
  }))
}

function matched({ endpoint, pattern }: Route, path: string): readonly Matched[] {
  const match = pattern.exec(path)
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
