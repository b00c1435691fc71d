import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'
import { digestOf, pushBlob } from '../server/client.ts'
import { type Serving, startServing } from '../server/serving.ts'

/** A server over a data folder of a test. */
export interface Scene {
  readonly workspace: Workspace
  readonly serving: Serving
  readonly at: (name: string) => string
}

export const anyPort = ['--listen', '127.0.0.1:0']

export async function servedScene(
  t: ExecutionContext,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  const workspace = await makeWorkspace(t)
  const serving = await startServing(t, ['--root', workspace.root, ...anyPort, ...args], { env })
  return { workspace, serving, at: (name) => join(workspace.folder, name) }
}

/** What a client was told to be stored: bytes by their URL below the registry's. */
export type Acknowledged = Map<string, Buffer>

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
}

/** Pushes an image with a layer of so many bytes; tells of everything that can be read back by digest. */
export async function pushTold(url: string, name: string, tag: string, size = 100_000): Promise<Acknowledged> {
  const [config, layer] = [Buffer.from(JSON.stringify({ os: 'linux', name, tag })), randomBytes(size)]
  const descriptor = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const document = { config: descriptor(types.config, config), layers: [descriptor(types.layer, layer)] }
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.manifest, ...document }))
  const told: Acknowledged = new Map()
  for (const blob of [config, layer]) {
    if ((await pushBlob(url, blob, name)) !== 201) throw new Error('the blob was not taken')
    told.set(`/v2/${name}/blobs/${digestOf(blob)}`, blob)
  }
  const headers = { 'content-type': types.manifest }
  const answer = await fetch(`${url}/v2/${name}/manifests/${tag}`, { method: 'PUT', body: manifest, headers })
  if (answer.status !== 201) throw new Error(`PUT gave ${answer.status}: ${await answer.text()}`)
  return new Map([[`/v2/${name}/manifests/${digestOf(manifest)}`, manifest], ...told])
}

const accept = { accept: types.manifest }

async function readBack(url: string, path: string): Promise<Buffer> {
  const answer = await fetch(url + path, { headers: accept })
  if (answer.status !== 200) throw new Error(`GET ${path} gave ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** What cannot be read back as it was told. */
export async function lostOf(url: string, told: Acknowledged): Promise<string[]> {
  const lost: string[] = []
  for (const [path, bytes] of told) {
    const found = await readBack(url, path).catch((error: unknown) => Buffer.from(String(error)))
    if (!found.equals(bytes)) lost.push(path)
  }
  return lost
}

/** Deletes what can be deleted of it; whatever the answers are. */
export async function deleteAll(url: string, told: Acknowledged): Promise<void> {
  for (const path of told.keys()) await fetch(url + path, { method: 'DELETE' }).then((answer) => answer.arrayBuffer())
}
