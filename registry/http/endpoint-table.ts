import { RegistryError } from '../protocol/error.ts'
import type { Route } from '../protocol/route.ts'
import type { Method, Methods, RouteOf, Task } from './endpoint.ts'
import { baseMethods, extensionsMethods } from './endpoints/base.ts'
import { blobMethods } from './endpoints/blob.ts'
import { catalogMethods, referrersMethods, tagsMethods } from './endpoints/listings.ts'
import { manifestMethods } from './endpoints/manifest.ts'
import { uploadMethods } from './endpoints/upload.ts'
import { uploadsMethods } from './endpoints/uploads.ts'
import type { RegistryRequest } from './request.ts'

const endpoints: { readonly [Kind in Route['kind']]: Methods<Kind> } = {
  base: baseMethods,
  catalog: catalogMethods,
  manifest: manifestMethods,
  blob: blobMethods,
  uploads: uploadsMethods,
  upload: uploadMethods,
  tags: tagsMethods,
  referrers: referrersMethods,
  extensions: extensionsMethods,
}

/** What a request is to do. Errors: UNSUPPORTED with 404 (no such path) or 405 (no such method), and those of its parts. */
export function taskOf(request: RegistryRequest): Task {
  const { route } = request
  if (route === undefined) throw nothingThere()
  return taskAt(request, route.kind, route)
}

function taskAt<Kind extends Route['kind']>(request: RegistryRequest, kind: Kind, route: RouteOf<Kind>): Task {
  const methods: Methods<Kind> = endpoints[kind]
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const prepare = isMethod(method) ? methods[method] : undefined
  if (prepare === undefined) throw wrongMethod(request.method, Object.keys(methods))
  return prepare(request, route)
}

function isMethod(text: string): text is Method {
  return text === 'GET' || text === 'PUT' || text === 'POST' || text === 'PATCH' || text === 'DELETE'
}

/** For a path that means nothing. */
export function nothingThere(): RegistryError {
  return new RegistryError('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
}

/** For a method that a path does not have, of those it has. */
export function wrongMethod(method: string, methods: readonly string[]): RegistryError {
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods
  return new RegistryError('UNSUPPORTED', `${method} is not supported here`, { headers: { Allow: allowed.join(', ') } })
}
