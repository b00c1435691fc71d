import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  optional,
  parseJson,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { createSlots } from '../../shared/base/slots.ts'
import { writeDurably } from '../../shared/cas/write-durably.ts'
import { type Jwk, leeway, makeKey, publicPart, type Sign, signerOf } from './jwt.ts'

/** One key of ours. The last one made signs; of the others only the public part is left. */
interface StoredKey {
  readonly jwk: Jwk
  /** Milliseconds since the epoch. */
  readonly made: number
  /** When the last token that it signed is over. */
  readonly until?: number
}

/** What lies in `token-keys/keys.json`. */
interface Stored {
  /** Secret for uploads, base64url. */
  readonly uploads: string
  readonly keys: readonly StoredKey[]
}

/** What became of the keys. */
export interface RotatedKeys {
  /** The name of that which signs now, as `kid` has it. */
  readonly key: string
  /** Earlier ones whose tokens still count. */
  readonly earlier: number
}

export interface SigningKeys {
  /** Signs uploads; the same after a restart, another one after keys were revoked. */
  readonly uploadSecret: Uint8Array
  /** Public keys that tokens in their time are signed with, the newest last. */
  readonly publicKeys: readonly Jwk[]
  /**
   * Makes another key now. Those before are known until their last tokens are over; or, when they are revoked, no longer, and so
   * is the secret for uploads. When it cannot be written all stays as it was.
   */
  rotate(isRevoking: boolean): Promise<RotatedKeys>
  /** Signs with the newest key, after having made another one when it is old; with the old one when that cannot be. */
  readonly sign: Sign
}

export interface KeyOptions {
  readonly folder: string
  /** Milliseconds after which another key signs. */
  readonly rotateAfter: () => number
  /** Milliseconds that a token lives. */
  readonly tokenLife: () => number
  readonly now: () => number
  readonly onNotice: (notice: string) => void
}

/** Opens the keys of a folder, of which this process is the owner, and makes what is missing. Errors: TOKEN_KEYS_INVALID. */
export async function openSigningKeys(options: KeyOptions): Promise<SigningKeys> {
  const keys = new Keys(options, await readOrMake(options))
  await keys.load()
  return keys
}

class Keys implements SigningKeys {
  readonly #options: KeyOptions
  #stored: Stored
  #sign: Sign | undefined
  /** One at a time. */
  readonly #turns = createSlots(1)

  constructor(options: KeyOptions, stored: Stored) {
    this.#options = options
    this.#stored = stored
  }

  get uploadSecret(): Uint8Array {
    return Buffer.from(this.#stored.uploads, 'base64url')
  }

  get publicKeys(): readonly Jwk[] {
    return served(this.#stored, this.#options.now()).map(({ jwk }) => publicPart(jwk))
  }

  readonly sign: Sign = async (claims) => {
    if (this.#isOld) await this.#turns(async () => (this.#isOld ? this.#rotate(false) : undefined)).catch(this.#tell)
    if (this.#sign === undefined) throw new Error('no key to sign with')
    return this.#sign(claims)
  }

  readonly #tell = (error: unknown): void => {
    const reason = errnoOf(error) ?? (error instanceof Error ? error.message : 'unknown reason')
    this.#options.onNotice(`no new key for tokens can be made, the old one is used on: ${reason}`)
  }

  get #isOld(): boolean {
    const made = this.#stored.keys.at(-1)?.made ?? 0
    return this.#options.now() - made > this.#options.rotateAfter()
  }

  async rotate(isRevoking: boolean): Promise<RotatedKeys> {
    await this.#turns(() => this.#rotate(isRevoking))
    const { publicKeys } = this
    return { key: publicKeys.at(-1)?.kid ?? '', earlier: publicKeys.length - 1 }
  }

  async load(): Promise<void> {
    const newest = this.#stored.keys.at(-1)
    if (newest === undefined) throw new Error('no key to sign with')
    this.#sign = await signerOf(newest.jwk)
  }

  async #rotate(isRevoking: boolean): Promise<void> {
    const { folder, tokenLife, now } = this.#options
    const until = now() + tokenLife() + 1000 * leeway
    const older = (isRevoking ? [] : served(this.#stored, now())).map(({ jwk, made, until: end = until }) => ({
      jwk: publicPart(jwk),
      made,
      until: end,
    }))
    const uploads = isRevoking ? newSecret() : this.#stored.uploads
    const jwk = await makeKey()
    const sign = await signerOf(jwk)
    const stored = { uploads, keys: [...older, { jwk, made: now() }] }
    await write(folder, stored)
    this.#stored = stored
    this.#sign = sign
  }
}

function served({ keys }: Stored, now: number): readonly StoredKey[] {
  return keys.filter(({ until }) => until === undefined || until > now)
}

async function readOrMake({ folder, now }: KeyOptions): Promise<Stored> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const text = await readIfThere(fileIn(folder))
  if (text !== undefined) return parse(text, fileIn(folder))
  const stored = { uploads: newSecret(), keys: [{ jwk: await makeKey(), made: now() }] }
  await write(folder, stored)
  return stored
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function fileIn(folder: string): string {
  return join(folder, 'keys.json')
}

async function write(folder: string, stored: Stored): Promise<void> {
  await writeDurably(fileIn(folder), `${JSON.stringify(stored, undefined, 2)}\n`, 0o600)
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    throw new IbuildError('TOKEN_KEYS_INVALID', `${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, {
      cause,
    })
  }
}

/** What is in the file is never told: it is secret. */
function parse(text: string, file: string): Stored {
  const place: JsonPlace = { code: 'TOKEN_KEYS_INVALID', path: file }
  try {
    const object = asObject(parseJson(text, { what: file }), place)
    const uploads = required(object, 'uploads', place, asString)
    if (Buffer.from(uploads, 'base64url').length < 32) failAt(placeOf(place, 'uploads'), 'is too short')
    const keys = required(object, 'keys', place, arrayOf(asStoredKey))
    return keys.at(-1)?.jwk.d === undefined ? failAt(place, 'has no key to sign with') : { uploads, keys }
  } catch (cause) {
    throw isIbuildError(cause, 'JSON_INVALID') ? new IbuildError('TOKEN_KEYS_INVALID', `${file} is not JSON`) : cause
  }
}

const asStoredKey: JsonGuard<StoredKey> = (value, place) => {
  const object = asObject(value, place)
  const until = optional(object, 'until', place, asInteger)
  return {
    jwk: required(object, 'jwk', place, asKey),
    made: required(object, 'made', place, asInteger),
    ...(until !== undefined && { until }),
  }
}

function asKey(value: JsonObject[string], place: JsonPlace): Jwk {
  const object = asObject(value, place)
  const text = (name: string): string => required(object, name, place, asString)
  if (text('kty') !== 'OKP' || text('crv') !== 'Ed25519') failAt(place, 'is no Ed25519 key')
  const secret = optional(object, 'd', place, asString)
  const key = { kty: 'OKP', crv: 'Ed25519', x: text('x'), kid: text('kid'), alg: text('alg'), use: 'sig' }
  return secret === undefined ? key : { ...key, d: secret }
}
