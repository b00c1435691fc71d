import { randomBytes } from 'node:crypto'
import { digestOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'

/** Pushes an image of one small layer as tag 1, with `NAME:PASSWORD` as Basic. */
export async function pushImage(url: string, repository: string, login: string): Promise<void> {
  const send = pusher(`${url}/v2/${repository}`, login)
  const tar = Buffer.concat([Buffer.alloc(1024)])
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: [`X=${randomBytes(8).toString('hex')}`] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  for (const blob of [config, tar]) await send('POST', `/blobs/uploads/?digest=${digestOf(blob)}`, blob)
  const descriptor = (mediaType: string, bytes: Buffer): object => {
    return { mediaType, digest: digestOf(bytes), size: bytes.length }
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptor(mediaTypes.ociConfig, config),
    layers: [descriptor(mediaTypes.ociLayer, tar)],
  }
  await send('PUT', '/manifests/1', Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
}

type Send = (method: 'POST' | 'PUT', path: string, body: Buffer, type?: string) => Promise<void>

function pusher(base: string, login: string): Send {
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`
  return async (method, path, body, type = 'application/octet-stream') => {
    const headers = { authorization, 'content-type': type }
    const init: RequestInit = { method, headers, body: Uint8Array.from(body) }
    const answer = await fetch(base + path, init)
    if (answer.status !== 201) throw new Error(`${method} ${path} gave ${answer.status}: ${await answer.text()}`)
  }
}
