import test from 'ava'
import { type AccessRequest, allowAll } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseRoute } from '../protocol/route.ts'
import { withRules } from './rules.ts'

const blob = `/v2/a/b/blobs/sha256:${'0'.repeat(64)}`
const client = { address: '127.0.0.1', port: 1, host: 'r', isEncrypted: false }
const rows: readonly [
  method: string,
  path: string,
  state: { draining?: true; kept?: true },
  status: number | undefined,
][] = [
  ['GET', '/v2/', {}, undefined],
  ['POST', '/v2/a/b/blobs/uploads/', {}, undefined],
  ['POST', '/v2/a/b/blobs/uploads/', { draining: true }, 503],
  ['PATCH', '/v2/a/b/blobs/uploads/x', { draining: true }, undefined],
  ['PUT', '/v2/a/b/blobs/uploads/x', { draining: true }, undefined],
  ['PUT', '/v2/a/b/manifests/x', { draining: true }, undefined],
  ['GET', blob, { draining: true }, undefined],
  ['DELETE', blob, {}, undefined],
  ['DELETE', blob, { kept: true }, 405],
  ['DELETE', '/v2/a/b/manifests/tag', { kept: true }, 405],
  ['DELETE', '/v2/a/b/blobs/uploads/x', { kept: true }, undefined],
  ['PUT', '/v2/a/b/manifests/x', { kept: true }, undefined],
]
for (const [method, path, state, status] of rows) {
  test(`${method} ${path} ${JSON.stringify(state)} is ${status ?? 'let through'}`, (t) => {
    const route = parseRoute(path)
    if (route === undefined) throw new Error('no route')
    const inForce = { config: { delete: { enabled: state.kept !== true } } }
    const authorize = withRules({ inForce, isDraining: state.draining === true }, allowAll)
    const request: AccessRequest = { id: 'x', method, route, headers: {}, client }
    const work = (): unknown => authorize(request, { required: [], optional: [] })
    if (status === undefined) {
      t.notThrows(work)
      return
    }
    const error = t.throws(work, { instanceOf: RegistryError })
    t.is(error?.status, status)
    if (status === 503) t.truthy(error?.headers['Retry-After'])
    if (status === 405) t.regex(error?.headers['Allow'] ?? '', /^HEAD, GET(?:, PUT)?$/)
  })
}
