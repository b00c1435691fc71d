import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Need } from '../../testing/needs.ts'
import { startRegistry } from '../../testing/registry.ts'
import { startServe } from '../../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'

/** Registries that the commands are tried on. */
export type ServerKind = 'docker-registry' | 'ibuild'

export const serverKinds: readonly ServerKind[] = ['docker-registry', 'ibuild']

/** What a test on such a registry needs. */
export function needsOf(kind: ServerKind): Need[] {
  return kind === 'ibuild' ? ['busybox', 'setpriv'] : ['root', 'busybox', 'docker-registry']
}

/** A registry of its own and a data folder with the image `busybox`. */
export interface Scene extends Workspace {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** Another data folder: the environment for a command. */
  readonly other: { readonly IBUILD_ROOT: string }
}

export async function makeScene(t: ExecutionContext, kind: ServerKind = 'docker-registry'): Promise<Scene> {
  const space = await makeWorkspace(t, { base: true })
  const host = await startServer(t, space, kind)
  return { ...space, host, other: { IBUILD_ROOT: join(space.folder, 'other') } }
}

/** One more registry for a workspace; it ends with the test. */
export async function startServer(
  t: Pick<ExecutionContext, 'teardown'>,
  { folder }: Workspace,
  kind: ServerKind,
  name = 'registry',
): Promise<string> {
  const directory = join(folder, `${name}-${kind}`)
  mkdirSync(directory, { recursive: true })
  const server = kind === 'ibuild' ? await startServe(directory) : await startRegistry(directory)
  t.teardown(async () => void (await server.close()))
  return server.host
}

/** What a manifest or blob of a registry is, as another client reads it. */
export async function fetchBytes(url: string): Promise<Buffer> {
  const accept = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ]
  const answer = await fetch(url, { headers: { accept: accept.join(', ') } })
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** The `sha256:...` behind a word such as `Digest:` in what a command printed. */
export function digestIn(stdout: string): string {
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? ''
}
