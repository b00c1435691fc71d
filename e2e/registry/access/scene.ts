import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { type RunOutput, run } from '../../testing/run.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { type Serving, startServing } from '../server/serving.ts'

/** A data folder with a configuration beside it, and the commands for both. */
export interface AccessScene {
  readonly folder: string
  readonly root: string
  /** Writes the configuration of the server. */
  readonly configure: (config: object) => void
  /** `ibuild registry user ...` */
  readonly user: (args: readonly string[], input?: string) => Promise<RunOutput>
  /** Makes accounts; each has `NAME's password` for its password. */
  readonly add: (...names: readonly string[]) => Promise<void>
  readonly serve: (args?: readonly string[]) => Promise<Serving>
}

export function accessScene(t: ExecutionContext): AccessScene {
  const folder = mkdtempSync(join(tmpdir(), 'ra-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [root, file] = [join(folder, 'data'), join(folder, 'config.yml')]
  const configure = (config: object): void => writeFileSync(file, stringify(config))
  configure({})
  const user: AccessScene['user'] = (args, input = '') =>
    run(process.execPath, [ibuildScript, 'registry', 'user', ...args, '--root', root, '--config', file], { input })
  return {
    folder,
    root,
    configure,
    user,
    async add(...names) {
      for (const name of names) {
        const { code, stderr } = await user(['add', name, '--password-stdin'], passwordOf(name))
        if (code !== 0) throw new Error(stderr)
      }
    },
    serve: (args = []) => startServing(t, ['--root', root, '--config', file, '--listen', '127.0.0.1:0', ...args]),
  }
}

export function passwordOf(name: string): string {
  return `${name}'s password`
}

/** Headers of a request that somebody sends, or somebody with another password. */
export function as(name: string, password: string = passwordOf(name)): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

/** Status of a request. */
export async function statusOf(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  const answer = await fetch(url, { method, headers })
  await answer.arrayBuffer()
  return answer.status
}

/** Asks again for a while, in which a server sees that a file has changed, until the status is another one. */
export async function statusAfter(url: string, headers: Record<string, string>, before: number): Promise<number> {
  for (const end = Date.now() + 20_000; ; ) {
    const status = await statusOf(url, headers)
    if ((status !== before && status !== 429) || Date.now() > end) return status
    await new Promise((resolve) => setTimeout(resolve, 600)) // a few wrong logins are answered at once
  }
}
