import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeJwt,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import {
  asArray,
  asObject,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  placeOf,
  required,
} from '../../shared/base/json.ts'

/** Signs tokens of ours: Ed25519 (RFC 8037). Nothing else verifies them. */
export const ownAlgorithm = 'EdDSA'

/** What tokens of others may be signed by. Nothing that a public key could be taken for the secret of, and never `none`. */
export const outsideAlgorithms: readonly string[] = [
  ownAlgorithm,
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
]

/** Characters of a token that is looked at; of ours none is as long. */
const longestToken = 12 * 1024
/** Seconds that clocks of machines may differ by. */
export const leeway = 60

/** A key as JSON (RFC 7517): `kid` names it. */
export type Jwk = JWK & { readonly kid: string }

/** A token that is not to be believed; the message says why, for the operator. */
export class TokenInvalid extends Error {
  override readonly name = 'TokenInvalid'
  /** True when it names a key that is not among those known: it may be newer than these. */
  readonly isUnknownKey: boolean

  constructor(message: string, isUnknownKey = false) {
    super(message)
    this.isUnknownKey = isUnknownKey
  }
}

/** A new key; its name is a hash of its public part. */
export async function makeKey(): Promise<Jwk> {
  const { privateKey } = await generateKeyPair(ownAlgorithm, { extractable: true })
  const key = await exportJWK(privateKey)
  return { ...key, kid: await calculateJwkThumbprint(key), alg: ownAlgorithm, use: 'sig' }
}

/** The part of a key that everybody may know. */
export function publicPart({ kty, crv, x, kid, alg, use }: Jwk): Jwk {
  return {
    ...(kty && { kty }),
    ...(crv && { crv }),
    ...(x && { x }),
    kid,
    ...(alg && { alg }),
    ...(use && { use }),
  }
}

/** Signs claims with a key that {@link makeKey} made. */
export type Sign = (claims: JsonObject) => Promise<string>

export async function signerOf(key: Jwk): Promise<Sign> {
  const secret = await importJWK(key, ownAlgorithm)
  const header = { alg: ownAlgorithm, kid: key.kid, typ: 'JWT' }
  return (claims) => new SignJWT({ ...claims }).setProtectedHeader(header).sign(secret)
}

export interface Expected {
  readonly algorithms: readonly string[]
  readonly issuer: string
  readonly audience: string
  /** Claims that must be there. */
  readonly claims: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The claims of a token that is signed by one of some keys, for us, and in its time. Errors: {@link TokenInvalid}. */
export type Verify = (token: string) => Promise<JsonObject>

/**
 * Verifies with these keys alone: nothing in a token's header (`jwk`, `jku`, `x5c`) is ever taken for a key. A token that
 * names no key is verified only when one alone fits its algorithm.
 */
export function verifierOf(keys: readonly JWK[], { algorithms, issuer, audience, claims, now }: Expected): Verify {
  const find = createLocalJWKSet({ keys: [...keys] } satisfies JSONWebKeySet)
  return async (token) => {
    if (token.length > longestToken) throw new TokenInvalid(`it has ${token.length} characters`)
    try {
      const { payload } = await jwtVerify(token, find, {
        algorithms: [...algorithms],
        issuer,
        audience,
        requiredClaims: [...claims],
        clockTolerance: leeway,
        currentDate: new Date(now()),
      })
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was parsed from JSON
      return payload as JsonObject
    } catch (error) {
      throw invalid(error)
    }
  }
}

/** What a token says of who gave it, which may be a lie: it decides by whose keys it is verified. */
export function issuerOf(token: string): string | undefined {
  if (token.length > longestToken) return undefined
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

function invalid(error: unknown): TokenInvalid {
  if (!(error instanceof Error)) return new TokenInvalid('it cannot be read')
  return new TokenInvalid(error.message, error instanceof errors.JWKSNoMatchingKey)
}

/** Keys that others can verify with; more are not read. */
const mostKeys = 100

/**
 * Reads a set of public keys (RFC 7517, 5). Keys that are for something else, or symmetric, are passed over. Errors: the code of
 * `place` when it is no set, or none is left.
 */
export function readKeySet(value: JsonValue, place: JsonPlace): readonly JWK[] {
  const list = required(asObject(value, place), 'keys', place, asArray)
  if (list.length > mostKeys) failAt(place, `${list.length} keys, more than ${mostKeys}`)
  const keys = list.flatMap((one, at) => readKey(asObject(one, placeOf(place, at)), placeOf(place, at)) ?? [])
  return keys.length > 0 ? keys : failAt(place, 'has no public key for signatures')
}

function readKey(key: JsonObject, place: JsonPlace): JWK | undefined {
  const kty = required(key, 'kty', place, asString)
  const use = optional(key, 'use', place, asString) ?? 'sig'
  if (use !== 'sig' || !['RSA', 'EC', 'OKP'].includes(kty) || 'd' in key) return undefined
  return { ...key, kty }
}
