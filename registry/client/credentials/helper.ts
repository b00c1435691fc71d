import { errnoOf, IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { isObject, type JsonObject, parseJson } from '../../../shared/base/json.ts'
import { type Credentials, keyOf } from '../../../shared/net/auth/credentials.ts'
import { type ProgramOutput, runProgram } from '../../../shared/sys/run-program.ts'

/** Programs that keep credentials, `docker-credential-NAME`: one word says what to do, the rest comes by stdin and stdout. */
export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
}

/** What the helper has for a host; undefined when nothing. Errors: CREDENTIALS_INVALID. */
export async function askHelper(
  name: string,
  domain: string,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const { code, stdout, stderr } = await callHelper(name, { word: 'get', input: keyOf(domain) }, options)
  if (code !== 0) {
    if (/credentials not found/i.test(stdout + stderr)) return undefined
    throw failed(name, firstLine(stdout) || firstLine(stderr) || `exit code ${code}`)
  }
  const { Username: username, Secret: secret } = read(name, stdout)
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
  return username === '<token>' ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret }
}

/** Has the helper keep credentials. Errors: CREDENTIALS_INVALID. */
export async function storeInHelper(
  name: string,
  { domain, credentials }: { readonly domain: string; readonly credentials: Credentials },
  options: HelperOptions,
): Promise<void> {
  const isPassword = credentials.kind === 'password'
  const content = {
    ServerURL: keyOf(domain),
    Username: isPassword ? credentials.username : '<token>',
    Secret: isPassword ? credentials.password : credentials.token,
  }
  const { code, stdout, stderr } = await callHelper(name, { word: 'store', input: JSON.stringify(content) }, options)
  if (code !== 0) throw failed(name, firstLine(stdout) || firstLine(stderr) || `exit code ${code}`)
}

/** Has the helper forget the credentials of a host. False when it had none. Errors: CREDENTIALS_INVALID. */
export async function eraseFromHelper(name: string, domain: string, options: HelperOptions): Promise<boolean> {
  const { code, stdout, stderr } = await callHelper(name, { word: 'erase', input: keyOf(domain) }, options)
  if (code === 0) return true
  if (/not found/i.test(stdout + stderr)) return false
  throw failed(name, firstLine(stdout) || firstLine(stderr) || `exit code ${code}`)
}

const timeout = 60_000

interface Call {
  readonly word: 'get' | 'store' | 'erase'
  readonly input: string
}

async function callHelper(name: string, { word, input }: Call, { env, signal }: HelperOptions): Promise<ProgramOutput> {
  if (!/^[\w.+-]+$/.test(name)) throw failed(name, 'that is not the name of a helper')
  try {
    return await runProgram(`docker-credential-${name}`, [word], { input, env, signal, timeout })
  } catch (error) {
    signal?.throwIfAborted()
    const isMissing = errnoOf(error) === 'ENOENT'
    throw failed(name, isMissing ? 'it is not there' : error instanceof Error ? error.message : 'unknown reason', error)
  }
}

function read(name: string, text: string): JsonObject {
  try {
    const value = parseJson(text, { what: 'its answer' })
    if (isObject(value)) return value
  } catch (error) {
    if (!isIbuildError(error)) throw error
  }
  // What it said is not told: it may be a password.
  throw failed(name, 'what it answers is not JSON')
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 300) ?? ''
}

function failed(name: string, problem: string, cause?: unknown): IbuildError {
  return new IbuildError(
    'CREDENTIALS_INVALID',
    `docker-credential-${name.slice(0, 80)} gives no credentials: ${problem}`,
    { cause },
  )
}
