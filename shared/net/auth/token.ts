import type { IbuildError } from '../../base/errors.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../base/json.ts'
import { isInside } from '../http/loopback.ts'
import { hostOf } from '../http/place.ts'
import { readBody } from '../http/read-body.ts'
import { sendFollowing } from '../http/redirect.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/types.ts'
import { type RetryRules, repeated } from '../retry.ts'
import type { ServerErrors } from '../server-errors.ts'
import type { Credentials } from './credentials.ts'

/** Where tokens are given, as a registry says. */
export interface TokenServer {
  readonly realm: URL
  readonly service: string | undefined
}

export interface TokenRequest {
  readonly client: HttpClient
  readonly server: TokenServer
  readonly scopes: readonly string[]
  readonly credentials: Credentials | undefined
  /** For messages. */
  readonly domain: string
  readonly retries: RetryRules
  readonly errors: ServerErrors
  /** Asks for what can be kept in place of the password. */
  readonly isForLogin?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Token {
  readonly value: string
  /** Milliseconds since 1970; it is not used from then on. */
  readonly until: number
  /** To be kept in place of the password. */
  readonly refresh: string | undefined
}

const mostBytes = 1024 * 1024
/** Characters of a token: servers take no headers of that length. */
const longestToken = 64 * 1024
const clientID = 'ibuild'
/** Seconds that every token is taken to last (Docker token specification). */
const shortest = 60

/** Gets a token. Errors: as `errors` has them. */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { domain, retries, errors, signal, credentials } = request
  const what = `cannot log in to ${domain}`
  const started = Date.now()
  const send = (build: Build) =>
    repeated({ what, signal, retries, errors }, () => sendFollowing(request.client, request.server.realm, build))
  const posted = credentials?.kind === 'identity' ? await send(postRequest(request)) : undefined
  const isUnknown = posted === undefined || posted.status === 404 || posted.status === 405
  if (isUnknown) await posted?.body.discard()
  const answer = isUnknown ? await send(getRequest(request)) : posted
  if (answer.status !== 200) throw await refused(answer, request, what)
  const object = await readAnswer(answer, errors, what)
  return tokenIn(isObject(object) ? object : {}, { started, what, errors })
}

type Build = (url: URL, hop: { readonly isTrusted: boolean }) => HttpRequest | undefined

/** Query parameters as the Docker token specification has them. */
function getRequest({ server, scopes, credentials, isForLogin, signal }: TokenRequest): Build {
  const basic = credentials === undefined ? undefined : basicAuthorization(credentials)
  return (url, { isTrusted }) => {
    const target = new URL(url)
    if (isTrusted && url.href === server.realm.href) {
      if (server.service !== undefined) target.searchParams.set('service', server.service)
      for (const scope of scopes) target.searchParams.append('scope', scope)
      if (credentials?.kind === 'password') target.searchParams.set('account', credentials.username)
      if (isForLogin === true) target.searchParams.set('offline_token', 'true')
      target.searchParams.set('client_id', clientID)
    }
    return {
      method: 'GET',
      url: target,
      headers: isTrusted && basic !== undefined ? { authorization: basic } : {},
      signal,
    }
  }
}

/** A form as OAuth 2 has it; sent nowhere else. */
function postRequest({ server, scopes, credentials, signal }: TokenRequest): Build {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientID, access_type: 'offline' })
  if (server.service !== undefined) form.set('service', server.service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  if (credentials?.kind === 'identity') form.set('refresh_token', credentials.token)
  const body = Buffer.from(form.toString())
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }
  return (url) => (url.href === server.realm.href ? { method: 'POST', url, headers, body, signal } : undefined)
}

/** `Basic` with user and password, or with a token in place of the password. */
export function basicAuthorization(credentials: Credentials): string {
  const { username, password } =
    credentials.kind === 'password' ? credentials : { username: usernameOf(credentials), password: credentials.token }
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function usernameOf(credentials: Credentials): string {
  return ('username' in credentials ? credentials.username : undefined) ?? '<token>'
}

async function readAnswer(answer: HttpAnswer, errors: ServerErrors, what: string): Promise<JsonValue> {
  const bytes = await readBody(answer, mostBytes).catch((error: unknown) => {
    throw errors.failure(error, what)
  })
  try {
    return parseJson(bytes, { what: 'the answer', maxBytes: mostBytes })
  } catch (error) {
    throw errors.invalid(what, error instanceof Error ? error.message : 'the answer is not JSON')
  }
}

async function refused(
  answer: HttpAnswer,
  { credentials, domain, errors }: TokenRequest,
  what: string,
): Promise<IbuildError> {
  const error = await errors.answer(answer, what)
  if (answer.status < 400 || answer.status >= 500 || answer.status === 429) return error
  const hint =
    credentials === undefined
      ? `Log in with ibuild login ${domain}.`
      : `The user name or the password may be wrong: log in anew with ibuild login ${domain}.`
  return errors.denied(error.message, hint)
}

interface TokenPlace {
  readonly started: number
  readonly what: string
  readonly errors: ServerErrors
}

function tokenIn(object: JsonObject, { started, what, errors }: TokenPlace): Token {
  const value = [object['token'], object['access_token']].find((each) => typeof each === 'string' && each !== '')
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw errors.invalid(what, 'the answer has no token')
  if (value.length > longestToken)
    throw errors.invalid(what, `the answer has a token of ${value.length} characters, more than ${longestToken}`)
  const told = object['expires_in']
  const seconds = typeof told === 'number' && told > shortest ? Math.min(told, 86_400) : shortest
  const refresh = object['refresh_token']
  return {
    value,
    until: started + seconds * 1000 - Math.min(10_000, seconds * 200),
    refresh: typeof refresh === 'string' && refresh !== '' ? refresh : undefined,
  }
}

/**
 * The place that gives tokens for a server, as its challenge names it. Errors: as `errors` has them for an answer that makes no sense:
 * for what is no address, for plain http when the server is reached by https, and for an address of this machine or its link when
 * the server is not there: credentials would go there, and what it answers to the server.
 */
export function tokenServer(
  parameters: ReadonlyMap<string, string>,
  { registry, domain, errors }: { readonly registry: URL; readonly domain: string; readonly errors: ServerErrors },
): TokenServer {
  const what = `cannot log in to ${domain}`
  const text = parameters.get('realm') ?? ''
  const realm = URL.parse(text, registry.href)
  if (text === '' || realm === null || !['http:', 'https:'].includes(realm.protocol)) {
    throw errors.invalid(what, 'it does not say where tokens are given')
  }
  if (registry.protocol === 'https:' && realm.protocol === 'http:') {
    throw errors.invalid(what, `it wants the login sent over plain http, to ${realm.host}`)
  }
  if (isInside(hostOf(realm)) && !isInside(hostOf(registry))) {
    throw errors.invalid(what, `it wants the login sent to ${realm.host}, an address of this machine`)
  }
  realm.username = ''
  realm.password = ''
  realm.hash = ''
  return { realm, service: parameters.get('service') }
}
