import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { FurtherPaths } from '../../../shared/web/further.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'
import { type AccountStore, createAccounts } from '../../access/accounts.ts'
import { createAuthorize } from '../../access/authorize.ts'
import { basicScheme } from '../../access/basic.ts'
import { gunNames } from '../../access/gun-names.ts'
import { createRules } from '../../access/rules.ts'
import type { Authorize } from '../../http/authorize.ts'
import { type Served, serve } from '../../http/testing/served.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import { openTokenService, type TokenService, type TokenSettings } from '../open-token-service.ts'
import type { TokenIssuer } from '../outside-issuer.ts'

/** A registry with a token service, whose time the test sets. */
export interface TokenRegistry extends Served {
  /** Of the keys. */
  readonly folder: string
  readonly accounts: AccountStore
  readonly tokens: TokenService
  readonly authorize: Authorize
  readonly notices: readonly string[]
  /** Why tokens were not believed. */
  readonly refusals: readonly string[]
  /** Lets milliseconds go by, for tokens. */
  pass(time: number): void
  /** Asks `/token`; with `NAME:PASSWORD` as Basic. */
  token(query?: string, login?: string): Promise<Answered>
  /** The same, and gives the token. */
  tokenFor(query: string, login?: string): Promise<string>
  /** Sends a form to `/token`. */
  post(form: Readonly<Record<string, string>>): Promise<Answered>
}

export interface TokenRegistryOptions {
  readonly folder?: string
  readonly settings?: Partial<TokenSettings>
  readonly issuers?: readonly TokenIssuer[]
  readonly isReadOnly?: () => boolean
  /** Milliseconds that the clock for tokens is ahead, beside what {@link TokenRegistry.pass} let go by. */
  readonly ahead?: () => number
  readonly further?: readonly FurtherPaths[]
}

export const minute = 60_000

/** Names of the registry. */
export const collections = gunNames(['test:5000', 'ann'])

/** Password of each account; the hash is a stand-in, which its check understands. */
const passwords = { ann: 'anns', bob: 'bobs' }

export function entryOf(name: string, password: string): { readonly name: string; readonly hash: string } {
  return { name, hash: `hash of ${password}` }
}

/**
 * Accounts ann, who may do everything in `ann` and below, and bob, who may pull all; everybody pulls `public`; of other issuers,
 * the group `ci/builders` pushes to `built`. Passwords are `anns` and `bobs`.
 */
export async function tokenRegistry(t: ExecutionContext, options: TokenRegistryOptions = {}): Promise<TokenRegistry> {
  const folder = options.folder ?? temporaryFolder(t)
  const accounts = createAccounts({
    entries: Object.entries(passwords).map(([name, password]) => entryOf(name, password)),
    groups: {},
    check: (password, hash) => Promise.resolve(hash === `hash of ${password}`),
  })
  const rules = createRules([
    { repositories: ['ann', 'ann/**'], who: ['user:ann'], actions: ['pull', 'push', 'delete'] },
    { repositories: ['**'], who: ['user:bob'], actions: ['pull'] },
    { repositories: ['public'], who: ['anonymous'], actions: ['pull'] },
    { repositories: ['built'], who: ['group:ci/builders'], actions: ['pull', 'push'] },
  ])
  let passed = 0
  const ahead = options.ahead ?? ((): number => 0)
  const [notices, refusals]: [string[], string[]] = [[], []]
  const { service } = await memoryRegistry(options.isReadOnly && { isReadOnly: options.isReadOnly })
  const settings: TokenSettings = {
    realm: '',
    service: 'test',
    life: 5 * minute,
    refreshLife: 1000 * minute,
    rotateKeys: 10_000 * minute,
    issuers: options.issuers ?? [],
    ...options.settings,
  }
  const tokens = await openTokenService({
    folder,
    accounts,
    rules: () => rules,
    repositoryOf: collections.repositoryOf,
    store: service.refreshTokens,
    settings: () => settings,
    userAgent: 'test',
    onNotice: (notice) => notices.push(notice),
    onRefused: (reason) => refusals.push(reason),
    now: () => Date.now() + passed + ahead(),
    elapsed: () => performance.now() + passed + ahead(),
  })
  t.teardown(() => tokens.close())
  const basic = basicScheme({ accounts, rules: () => rules, realm: () => 'test' })
  const authorize = tokens.withSeals(createAuthorize({ rules: () => rules, schemes: [tokens.scheme, basic] }))
  const served = await serve(t, { service, authorize, routes: tokens.routes({}), further: options.further })
  const token: TokenRegistry['token'] = (query = '', login = '') =>
    served.ask('GET', `/token${query === '' ? '' : `?${query}`}`, login === '' ? {} : { headers: basicOf(login) })
  return {
    ...served,
    folder,
    accounts,
    tokens,
    authorize,
    notices,
    refusals,
    pass: (time) => {
      passed += time
    },
    token,
    tokenFor: async (query, login) => String(jsonOf(await token(query, login))['token']),
    post: (form) =>
      served.ask('POST', '/token', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      }),
  }
}

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-token-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function basicOf(login: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

export function jsonOf({ body }: Pick<Answered, 'body'>): Readonly<Record<string, unknown>> {
  const value: Readonly<Record<string, unknown>> = JSON.parse(body.toString())
  return value
}
