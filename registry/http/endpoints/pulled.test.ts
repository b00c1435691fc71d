import test, { type ExecutionContext } from 'ava'
import { imageOf, named, pushArtifact } from '../../service/testing/images.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import type { RegistryService } from '../../service/types.ts'
import type { Authorize } from '../authorize.ts'
import { type Served, serve } from '../testing/served.ts'

const app = named('team/app')
const image = imageOf('1')
const [byTag, byDigest] = [`/v2/${app}/manifests/1`, `/v2/${app}/manifests/${image.digest}`]

async function noting(t: ExecutionContext, authorize?: Authorize): Promise<Served & { readonly pulled: string[] }> {
  const { service } = await memoryRegistry()
  await pushArtifact(service, app, image, ['1'])
  const pulled: string[] = []
  const watched: RegistryService = Object.assign(Object.create(service), {
    pulled: (name: string, digest: string) => void pulled.push(`${name}@${digest}`),
  })
  return { ...(await serve(t, { service: watched, ...(authorize !== undefined && { authorize }) })), pulled }
}

const reader: Authorize = () => ({ mayPull: () => true, mayPush: () => false })
const pusher: Authorize = () => ({ mayPull: () => true, mayPush: () => true })

for (const [who, method, path, counts] of [
  ['anybody', 'GET', byTag, true],
  ['anybody', 'GET', byDigest, true],
  ['anybody', 'HEAD', byTag, true],
  ['anybody', 'HEAD', byDigest, false],
  ['one who may not push', 'HEAD', byTag, true],
  ['one who may not push', 'HEAD', byDigest, false],
  ['one who may push', 'GET', byTag, true],
  ['one who may push', 'HEAD', byTag, false],
] as const) {
  const authorize = { anybody: undefined, 'one who may not push': reader, 'one who may push': pusher }[who]
  test(`${method} by ${path === byTag ? 'tag' : 'digest'} of ${who} is ${counts ? 'a pull' : 'none'}`, async (t) => {
    const { ask, pulled } = await noting(t, authorize)
    t.is((await ask(method, path)).status, 200)
    t.deepEqual(pulled, counts ? [`${app}@${image.digest}`] : [])
  })
}

test('what is not told is no pull; that it is as before is one', async (t) => {
  const { ask, pulled } = await noting(t)
  t.is((await ask('GET', `/v2/${app}/manifests/2`)).status, 404)
  t.is((await ask('GET', byTag, { headers: { Accept: 'text/plain' } })).status, 404)
  t.deepEqual(pulled, [])
  t.is((await ask('GET', byTag, { headers: { 'If-None-Match': `"${image.digest}"` } })).status, 304)
  t.is(pulled.length, 1)
})
