import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext, TestFn } from 'ava'
import { startServe } from '../../../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../../../testing/workspace.ts'
import { startNotary } from '../../testing/ibuild-server.ts'
import { type LyingProxy, startLyingProxy } from './lying-proxy.ts'

/** A registry behind a place that may lie, and a trust server: for all tests of a file. */
export interface Servers {
  readonly registry: LyingProxy
  /** Of the trust server. */
  readonly url: string
  readonly authority: string
}

/** Started with the first call, ended with the file of tests. */
export function sharedTrust({ after }: Pick<TestFn, 'after'>): () => Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  let started: Promise<Servers> | undefined
  after.always('stop the servers', async () => {
    await started?.catch(() => undefined)
    await stack.disposeAsync()
  })
  return () => (started ??= start(folder, stack))
}

async function start(folder: string, stack: AsyncDisposableStack): Promise<Servers> {
  const served = await startServe(join(folder, 'registry'))
  stack.defer(async () => void (await served.close()))
  const notary = stack.use(await startNotary(join(folder, 'notary')))
  const registry = stack.use(await startLyingProxy(served.host))
  return { registry, url: notary.url, authority: notary.authority }
}

/** Somebody with a data folder, keys and settings of their own. */
export interface Person extends Workspace {
  /** What their commands get in the environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Somebody whose commands know the trust server. Without `env` nothing has to be signed. */
export async function person(
  t: ExecutionContext,
  { url, authority }: Pick<Servers, 'url' | 'authority'> & Partial<Servers>,
  more: Readonly<Record<string, string>> = {},
): Promise<Person> {
  const space = await makeWorkspace(t)
  const config = join(space.folder, 'docker')
  trustAt(space, { authority }, url)
  const env = {
    HOME: space.folder,
    DOCKER_CONFIG: config,
    DOCKER_CONTENT_TRUST_SERVER: url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root passphrase',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository passphrase',
    ...more,
  }
  const inOwn = (options: { env?: Readonly<Record<string, string | undefined>> } = {}) => ({
    ...options,
    env: { ...env, ...options.env },
  })
  return {
    ...space,
    env,
    ibuild: async (args, options) => space.ibuild(args, inOwn(options)),
    ok: async (args, options) => space.ok(args, inOwn(options)),
  }
}

/** Lets the certificate of the trust server count at an address. */
export function trustAt(
  { folder }: Pick<Workspace, 'folder'>,
  { authority }: Pick<Servers, 'authority'>,
  url: string,
): void {
  const tls = join(folder, 'docker/tls', new URL(url).host)
  mkdirSync(tls, { recursive: true })
  copyFileSync(authority, join(tls, 'ca.crt'))
}
