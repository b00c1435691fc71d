import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Artifact } from '../../../registry/service/testing/images.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import { type TrustClient, trustClient } from '../../notary/testing/trust-client.ts'
import { run } from '../../testing/run.ts'
import { type Server, startServer } from '../../testing/serve.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { as, passwordOf, setPassword } from '../access/scene.ts'

/** A registry with a notary and accounts: ann may push, bob may pull. */
export interface GateScene extends AsyncDisposable {
  readonly folder: string
  readonly root: string
  /** Host and port of the registry. */
  readonly host: string
  readonly server: Server
  /** Ann, who signs. */
  readonly ann: TrustClient
  /** As ann. */
  readonly push: (name: string, artifact: Artifact, tag?: string) => Promise<void>
  /** `path` is behind `/v2/`. */
  readonly get: (who: 'ann' | 'bob', path: string) => Promise<Answer>
  /** Writes the configuration anew and has it read. */
  readonly reload: (config: object) => Promise<void>
  /** `ibuild registry` with these words, on the data folder; gives stdout whatever the exit code. */
  readonly registry: (...args: readonly string[]) => Promise<string>
}

export interface Answer {
  readonly status: number
  readonly warning: string | null
  readonly text: string
}

const rules = [
  { repositories: ['**'], who: ['user:ann'], actions: ['pull', 'push', 'delete'] },
  { repositories: ['**'], who: ['user:bob'], actions: ['pull'] },
]

export const signedBySomebody = { notary: { root: { firstUse: true } } }

export async function startGate(config: object): Promise<GateScene> {
  const folder = mkdtempSync(join(tmpdir(), 'ig-'))
  await using started = new AsyncDisposableStack()
  started.defer(() => rmSync(folder, { recursive: true, force: true }))
  const [root, file] = [join(folder, 'r'), join(folder, 'config.yml')]
  const configure = (more: object): void => writeFileSync(file, stringify({ access: { rules }, ...more }))
  configure(config)
  for (const name of ['ann', 'bob']) await setPassword(root, name, passwordOf(name))
  const places = ['--listen', '127.0.0.1:0', '--notary-listen', '127.0.0.1:0']
  const server = await startServer(['--root', root, '--config', file, ...places])
  started.defer(async () => void (await server.stop()))
  const { host } = new URL(server.url)
  const port = /trusted collections at https:\/\/\S+:(\d+)/.exec(server.stdout())?.[1] ?? ''
  const notary = { url: `https://localhost:${port}`, authority: join(root, 'notary/tls/ca.crt') }
  const ann = await trustClient(notary, join(folder, 'ann'))
  await ann.ibuild('login', host, '--username', 'ann', '--password', passwordOf('ann'))
  const ask = (method: string, path: string, { who = 'ann', ...init }: Asked = {}): Promise<Response> =>
    fetch(`${server.url}/v2/${path}`, { method, ...init, headers: { ...as(who), ...init.headers } })
  const ending = started.move()
  return {
    folder,
    root,
    host,
    server,
    ann,
    async push(name, { digest, mediaType, bytes, blobs }, tag) {
      for (const blob of blobs)
        await need(ask('POST', `${name}/blobs/uploads/?digest=${digestOf(blob)}`, { body: new Uint8Array(blob) }))
      const headers = { 'content-type': mediaType }
      await need(ask('PUT', `${name}/manifests/${tag ?? digest}`, { body: new Uint8Array(bytes), headers }))
    },
    async get(who, path) {
      const answer = await ask('GET', path, { who })
      return { status: answer.status, warning: answer.headers.get('warning'), text: await answer.text() }
    },
    async reload(more) {
      configure(more)
      await run(process.execPath, [ibuildScript, 'registry', 'reload', '--root', root])
    },
    registry: async (...args) =>
      (await run(process.execPath, [ibuildScript, 'registry', ...args, '--root', root, '--config', file])).stdout,
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

interface Asked {
  readonly who?: 'ann' | 'bob'
  readonly body?: Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

async function need(answering: Promise<Response>): Promise<void> {
  const answer = await answering
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`)
}
