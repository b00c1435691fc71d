import type { ExecutionContext } from 'ava'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { type StandIn, sendJson, standIn } from '../../shared/net/testing/stand-in.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { taken, testClient } from './testing/client.ts'
import type { RegistryClient } from './types.ts'

const layer = Buffer.from('the layer')
const config = Buffer.from('{}')
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: { mediaType: mediaTypes.dockerConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.dockerLayerGzip, digest: digestOf(layer), size: layer.length }],
  }),
)

interface Hub {
  readonly client: RegistryClient
  readonly front: StandIn
  readonly tokens: StandIn
  readonly storage: StandIn
  readonly notices: string[]
}

/** As the Hub is: a front that wants a token, someone else who gives it, and a third who has the blobs. */
async function hub(t: ExecutionContext): Promise<Hub> {
  const storage = await standIn(t, (request, response) =>
    response.end(request.url?.includes('signed=yes') === true ? layer : 'no'),
  )
  const tokens = await standIn(t, (_, response) => sendJson(response, { token: 'granted', expires_in: 300 }))
  const front = await standIn(t, (request, response) => {
    if (request.headers.authorization !== 'Bearer granted') {
      response.setHeader('www-authenticate', `Bearer realm="http://${tokens.host}/token",service="registry.docker.io"`)
      return sendJson(response, {}, 401)
    }
    if (request.url === '/v2/library/busybox/manifests/latest')
      return response.writeHead(200, { 'content-type': mediaTypes.dockerManifest }).end(manifest)
    if (request.url === `/v2/library/busybox/blobs/${digestOf(layer)}`)
      return response.writeHead(307, { location: `http://${storage.host}/${digestOf(layer)}?signed=yes` }).end()
    return sendJson(response, {}, 404)
  })
  const notices: string[] = []
  const client = testClient(t, {
    // The front stands where a mirror of the Hub would, so that the names are those of the Hub.
    hosts: {
      hosts: new Map([['docker.io', { mirrors: [`http://${front.host}`] }]]),
      insecureNetworks: [],
      isAllInsecure: false,
    },
    credentials: { find: () => Promise.resolve({ kind: 'password', username: 'bob', password: 'secret' }) },
    onNotice: (text) => notices.push(text),
  })
  return { client, front, tokens, storage, notices }
}

test('a short name is one of library, the token comes from elsewhere, the blob from a third', async (t) => {
  const { client, front, tokens, storage } = await hub(t)
  const { domain, path } = parseReference('busybox')
  const repository = client.repository({ domain, path })
  const found = await repository.manifest('latest')
  t.true(manifest.equals(found?.bytes ?? Buffer.alloc(0)))
  const blob = await taken(repository.blob({ mediaType: 'x/y', digest: digestOf(layer), size: layer.length }))
  t.deepEqual([blob.bytes.toString(), blob.error], ['the layer', undefined])
  t.true(front.asked.every(({ headers }) => headers.authorization?.startsWith('Basic') !== true))
  t.is(tokens.asked.length, 1)
  t.is(storage.asked.length, 1)
  t.deepEqual(
    storage.asked.map(({ headers }) => [headers.authorization, headers.cookie]),
    [[undefined, undefined]],
  )
})

test('a second image of the same repository takes no further token', async (t) => {
  const { client, tokens } = await hub(t)
  const repository = client.repository({ domain: 'docker.io', path: 'library/busybox' })
  await repository.manifest('latest')
  await repository.manifest('latest')
  t.is(tokens.asked.length, 1)
})
