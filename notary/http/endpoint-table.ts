import type { WebRequest } from '../../shared/web/request.ts'
import type { Method, Methods, Task } from './endpoint.ts'
import { baseMethods } from './endpoints/base.ts'
import { changesMethods } from './endpoints/changes.ts'
import { collectionMethods } from './endpoints/collection.ts'
import { fileMethods } from './endpoints/file.ts'
import { keyMethods } from './endpoints/key.ts'
import { notFound } from './error-reply.ts'
import type { Route } from './route.ts'
import { wrongMethod } from './web-error.ts'

const endpoints: { readonly [Kind in Route['kind']]: Methods<Kind> } = {
  base: baseMethods,
  collection: collectionMethods,
  file: fileMethods,
  key: keyMethods,
  changes: changesMethods,
}

/** What the reference server answers with 404 where it does not know them. */
const usualMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])

/** What a request is to do. Errors: METADATA_NOT_FOUND for paths and methods that there are not, 405 for methods that are nowhere. */
export function taskOf(request: WebRequest, route: Route | undefined): Task {
  const methods = route === undefined ? [] : Object.keys(endpoints[route.kind])
  if (!usualMethods.has(request.method)) throw wrongMethod(request.method, methods)
  if (route === undefined) throw notFound()
  return taskAt(request, route.kind, route)
}

function taskAt<Kind extends Route['kind']>(
  request: WebRequest,
  kind: Kind,
  route: Extract<Route, { readonly kind: Kind }>,
): Task {
  const methods: Methods<Kind> = endpoints[kind]
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const prepare = isMethod(method) ? methods[method] : undefined
  if (prepare === undefined) throw notFound()
  return prepare(request, route)
}

function isMethod(text: string): text is Method {
  return text === 'GET' || text === 'POST' || text === 'DELETE'
}
