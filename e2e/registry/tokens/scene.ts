import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Served, startServe } from '../../testing/serve.ts'
import { changed, setPassword } from '../access/scene.ts'
import { shortFolder } from '../clients/server.ts'

/** A registry with accounts, which gives tokens. */
export interface TokenScene {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly server: Served
  /** Data folder. */
  readonly root: string
  /** A folder for clients. */
  readonly folder: string
}

/** Passwords of the accounts. */
export const passwords = { ann: 'password of ann', bob: 'password of bob' }

const rules = `access:
  rules:
    - { repositories: ['team/**'], who: ['user:ann'], actions: [pull, push, delete] }
    - { repositories: ['team/**'], who: ['user:bob'], actions: [pull] }
    - { repositories: ['public/**'], who: ['anonymous'], actions: [pull] }
    - { repositories: ['public/**'], who: ['user:ann'], actions: [push] }
`

/**
 * Ann may do all in `team`, bob may pull there; `public` may be pulled by everybody, and pushed to by ann. Without tokens clients
 * are asked for a password with each request.
 */
export async function tokenScene(
  t: ExecutionContext,
  { hasTokens = true }: { readonly hasTokens?: boolean } = {},
): Promise<TokenScene> {
  const folder = shortFolder(t)
  const [root, config] = [join(folder, 'data'), join(folder, 'config.yaml')]
  mkdirSync(root)
  writeFileSync(config, `${rules}token: { enabled: ${hasTokens} }\n`)
  for (const [name, password] of Object.entries(passwords)) await setPassword(root, name, password)
  const server = await startServe(root, { args: ['--config', config] })
  t.teardown(() => server.close())
  return { host: server.host, server, root, folder }
}

/** Gives an account another password, which the server knows of when this resolves. */
export async function changePassword({ root, server }: TokenScene, name: string, password: string): Promise<void> {
  await changed(
    () => server.log(),
    () => setPassword(root, name, password),
  )
}
