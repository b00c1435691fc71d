import { parseBasic } from '../access/basic.ts'
import type { BodyLimits } from '../http/body.ts'
import type { RegistryRequest } from '../http/request.ts'
import { type BodyMemory, withWholeBody } from '../http/whole-body.ts'
import { RegistryError } from '../protocol/error.ts'
import { readScopes, type Scope } from './scope.ts'

/** How somebody who asks for a token says who he is. */
export type TokenLogin =
  | { readonly kind: 'none' }
  /** Neither a name with a password nor anything else that is known here. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  | { readonly kind: 'refresh'; readonly token: string }

export interface TokenRequest {
  readonly login: TokenLogin
  readonly service: string | undefined
  readonly scopes: readonly Scope[]
  /** True for who wants something to keep in place of the password. */
  readonly isOffline: boolean
}

/** Bytes of a form. */
const longestForm = 64 * 1024

export interface FormOptions {
  readonly limits: BodyLimits
  /** For forms that are being read. */
  readonly memory: BodyMemory
}

/**
 * Reads what asks for a token: GET as the Docker token specification has it, with Basic or without; POST as its OAuth2 page has
 * it. Errors: UNSUPPORTED with 400, 413 or 415 for what is neither.
 */
export async function readTokenRequest(request: RegistryRequest, options: FormOptions): Promise<TokenRequest> {
  return request.method === 'POST' ? readForm(await formOf(request, options)) : readQuery(request)
}

function readQuery({ query, headers }: RegistryRequest): TokenRequest {
  const login = basicLogin(headers.authorization)
  const account = query.get('account')
  if (login.kind === 'password' && account !== null && account !== '' && account !== login.name)
    throw bad('account is another one than that of the password')
  return {
    login,
    service: single(query, 'service'),
    scopes: readScopes(query.getAll('scope')),
    isOffline: query.get('offline_token') === 'true',
  }
}

/** A client that keeps a token in place of the password, and cannot POST, sends it as the password of `<token>`. */
function basicLogin(header: string | undefined): TokenLogin {
  if (header === undefined) return { kind: 'none' }
  const [, credentials] = /^basic +(\S+)$/i.exec(header) ?? []
  const login = credentials === undefined ? undefined : parseBasic(credentials)
  if (login === undefined) return { kind: 'unreadable' }
  return login.name === '<token>' ? { kind: 'refresh', token: login.password } : { kind: 'password', ...login }
}

function readForm(form: URLSearchParams): TokenRequest {
  return {
    login: formLogin(form),
    service: single(form, 'service'),
    scopes: readScopes(form.getAll('scope')),
    isOffline: form.get('access_type') === 'offline',
  }
}

function formLogin(form: URLSearchParams): TokenLogin {
  const grant = single(form, 'grant_type')
  const [name, password, token] = ['username', 'password', 'refresh_token'].map((key) => single(form, key))
  if (grant === 'password' && name !== undefined && password !== undefined) return { kind: 'password', name, password }
  if (grant === 'refresh_token' && token !== undefined) return { kind: 'refresh', token }
  throw bad('grant_type must be password with username and password, or refresh_token with refresh_token')
}

/** Two values for what can have one could be read in two ways. */
function single(values: URLSearchParams, key: string): string | undefined {
  const all = values.getAll(key)
  if (all.length > 1) throw bad(`${key} is there more than once`)
  return all[0]
}

async function formOf(request: RegistryRequest, { limits, memory }: FormOptions): Promise<URLSearchParams> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw bad('the body must be a form: application/x-www-form-urlencoded', 415)
  const tooLarge = (): RegistryError => bad('the form is too large', 413)
  const options = { ...limits, most: longestForm, tooLarge, memory }
  return withWholeBody(request, options, async (bytes) => new URLSearchParams(Buffer.from(bytes).toString('utf8')))
}

function bad(message: string, status = 400): RegistryError {
  return new RegistryError('UNSUPPORTED', message, { status })
}
