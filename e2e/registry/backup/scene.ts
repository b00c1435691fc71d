import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'
import { digestOf, pushBlob, pushImage } from '../server/client.ts'
import { type Serving, startServing } from '../server/serving.ts'

/** A server over a data folder of a test. */
export interface Scene {
  readonly workspace: Workspace
  readonly serving: Serving
  readonly at: (name: string) => string
}

export const anyPort = ['--listen', '127.0.0.1:0']

export async function servedScene(t: ExecutionContext, args: readonly string[] = []): Promise<Scene> {
  const workspace = await makeWorkspace(t)
  const serving = await startServing(t, ['--root', workspace.root, ...anyPort, ...args])
  return { workspace, serving, at: (name) => join(workspace.folder, name) }
}

/** What a client was told to be stored: bytes by their URL below the registry's. */
export type Acknowledged = Map<string, Buffer>

/** Pushes an image and a large blob beside it; tells of everything that can be read back by digest. */
export async function pushTold(url: string, name: string, tag: string, size = 100_000): Promise<Acknowledged> {
  const told: Acknowledged = new Map()
  const digest = await pushImage(url, name, tag)
  const read = async (path: string): Promise<Buffer> => {
    const bytes = await readBack(url, path)
    told.set(path, bytes)
    return bytes
  }
  const manifest = JSON.parse(String(await read(`/v2/${name}/manifests/${digest}`))) as {
    config: { digest: string }
    layers: { digest: string }[]
  }
  for (const blob of [manifest.config, ...manifest.layers]) await read(`/v2/${name}/blobs/${blob.digest}`)
  const large = randomBytes(size)
  if ((await pushBlob(url, large, name)) !== 201) throw new Error('the blob was not taken')
  told.set(`/v2/${name}/blobs/${digestOf(large)}`, large)
  return told
}

const accept = { accept: 'application/vnd.oci.image.manifest.v1+json' }

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
