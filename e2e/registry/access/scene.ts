import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { hashPassword } from '../../../registry/access/bcrypt.ts'
import { withAccount } from '../../../registry/access/htpasswd.ts'
import { changeHtpasswd } from '../../../registry/access/htpasswd-file.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { until } from '../../testing/serve.ts'
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
  /** Makes accounts in the data folder, without the command; each has `NAME's password` for its password. */
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
      for (const name of names) await setPassword(root, name, passwordOf(name))
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

/** Makes an account in a data folder, or gives it another password; the hash is one that is soon checked. */
export async function setPassword(root: string, name: string, password: string): Promise<void> {
  const entry = { name, hash: await hashPassword(password, 4) }
  await changeHtpasswd(registryLayout(root).htpasswd, (text) => withAccount(text, entry))
}

/**
 * Changes accounts of a running server, and waits until it has read them: who asked again and again with what is not known yet
 * would be slowed down. `log` gives what it has written so far.
 */
export async function changed(log: () => string, change: () => Promise<unknown>): Promise<void> {
  const timesRead = (): number => log().split('the accounts were read again').length
  const before = timesRead()
  await change()
  await until(() => (timesRead() > before ? true : undefined), 20_000, log)
}
