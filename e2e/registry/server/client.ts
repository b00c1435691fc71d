import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** Digest of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Begins an upload; resolves with its URL. */
export async function beginUpload(url: string, name = 'a/b'): Promise<string> {
  const answer = await fetch(`${url}/v2/${name}/blobs/uploads/`, { method: 'POST' })
  if (answer.status !== 202) throw new Error(`POST gave ${answer.status}: ${await answer.text()}`)
  return new URL(answer.headers.get('location') ?? '', url).href
}

/** Pushes a blob in one piece; resolves with the status of the last answer. */
export async function pushBlob(url: string, bytes: Uint8Array, name = 'a/b'): Promise<number> {
  const location = await beginUpload(url, name)
  const answer = await fetch(`${location}?digest=${digestOf(bytes)}`, { method: 'PUT', body: Buffer.from(bytes) })
  await answer.arrayBuffer()
  return answer.status
}

/** Pushes an image of one small layer as `tag`; resolves with the digest of its manifest. */
export async function pushImage(url: string, name: string, tag: string): Promise<string> {
  const [config, layer] = [Buffer.from('{"architecture":"amd64","os":"linux"}'), randomBytes(2000)]
  for (const blob of [config, layer]) await pushBlob(url, blob, name)
  const descriptor = (mediaType: string, bytes: Uint8Array): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
  })
  const answer = await fetch(`${url}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    body: manifest,
    headers: { 'content-type': mediaType },
  })
  if (answer.status !== 201) throw new Error(`PUT gave ${answer.status}: ${await answer.text()}`)
  return digestOf(Buffer.from(manifest))
}

/** Status of a GET, or of another method. */
export async function statusOf(url: string, method = 'GET'): Promise<number> {
  const answer = await fetch(url, { method })
  await answer.arrayBuffer()
  return answer.status
}

/** What the admin API of a data folder answers: status and JSON. */
export async function adminCall(
  root: string,
  path: string,
  { method = 'GET', body }: { readonly method?: string; readonly body?: string } = {},
): Promise<{ readonly status: number; readonly value: unknown }> {
  const sent = request({ socketPath: join(root, 'registry/admin.sock'), path, method })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, value: JSON.parse(await text(answer)) as unknown }
}

/** Sends the first byte of an upload and no end; the server is about it, and nothing else, when it is given. */
export async function holdUpload(url: string, root: string): Promise<ClientRequest> {
  const upload = request(await beginUpload(url), { method: 'PATCH' })
  upload.on('error', () => undefined)
  upload.write('x')
  await untilBusy(root)
  return upload
}

/** Waits until the server is about so many requests. */
export async function untilBusy(root: string, count = 1): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    const { value } = await adminCall(root, '/v1/status')
    if ((value as { server: { requestsInProgress: number } }).server.requestsInProgress === count) return
  }
  throw new Error(`the server is not about ${count} requests`)
}
