import { createHash } from 'node:crypto'

/** What a client does with a registry: the same requests whichever it is. */
export type Act = (url: string) => Promise<void>

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const [config, layer] = ['{"architecture":"amd64","os":"linux"}', 'a layer']
const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  },
  layers: [
    {
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: digestOf(layer),
      size: layer.length,
      annotations: { a: 'b' },
    },
  ],
})
const digest = digestOf(manifest)

async function ask(
  url: string,
  method: string,
  options: { readonly body?: string; readonly type?: string } = {},
): Promise<Response> {
  const answer = await fetch(url, {
    method,
    headers: {
      'user-agent': 'client/1',
      accept: `${mediaType}, */*`,
      ...(options.type !== undefined && { 'content-type': options.type }),
    },
    ...(options.body !== undefined && { body: options.body }),
  })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${method} ${url} gave ${answer.status}`)
  return answer
}

async function pushBlob(url: string, name: string, blob: string): Promise<void> {
  const { headers } = await ask(`${url}/v2/${name}/blobs/uploads/`, 'POST')
  const place = new URL(headers.get('location') ?? '', url)
  place.searchParams.set('digest', digestOf(blob))
  await ask(place.href, 'PUT', { body: blob, type: 'application/octet-stream' })
}

/** In this order: each is what one event tells of. */
export const acts: Readonly<Record<string, Act>> = {
  'a config': (url) => pushBlob(url, 'team/app', config),
  'a layer': (url) => pushBlob(url, 'team/app', layer),
  'a manifest by its tag': async (url) =>
    void (await ask(`${url}/v2/team/app/manifests/one`, 'PUT', { body: manifest, type: mediaType })),
  'the same again': async (url) =>
    void (await ask(`${url}/v2/team/app/manifests/one`, 'PUT', { body: manifest, type: mediaType })),
  'a manifest by its digest': async (url) =>
    void (await ask(`${url}/v2/team/app/manifests/${digest}`, 'PUT', { body: manifest, type: mediaType })),
  'a mount': async (url) =>
    void (await ask(`${url}/v2/other/blobs/uploads/?mount=${digestOf(layer)}&from=team/app`, 'POST')),
  'a manifest that is pulled by its tag': async (url) => void (await ask(`${url}/v2/team/app/manifests/one`, 'GET')),
  'a manifest that is pulled by its digest': async (url) =>
    void (await ask(`${url}/v2/team/app/manifests/${digest}`, 'GET')),
  'a blob that is pulled': async (url) => void (await ask(`${url}/v2/team/app/blobs/${digestOf(layer)}`, 'GET')),
  'a tag that is deleted': async (url) => void (await ask(`${url}/v2/team/app/manifests/one`, 'DELETE')),
  'a manifest that is deleted': async (url) => void (await ask(`${url}/v2/team/app/manifests/${digest}`, 'DELETE')),
  'a blob that is deleted': async (url) => void (await ask(`${url}/v2/team/app/blobs/${digestOf(layer)}`, 'DELETE')),
}
