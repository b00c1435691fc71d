import { looksSecret } from '../dockerfile/lint-secrets.ts'
import type { KeyPart } from './step-key.ts'

/** Gives a digest from which a secret cannot be guessed. */
export type SecretDigest = (text: string) => string

/** A secret of fewer characters would be found in texts by chance. */
const shortestSecret = 6

/** From `://` to the last `@` of a word when there is a password, else to the first. */
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)([^\s"'/?#:@]*:[^\s"']*|[^\s"'/?#@]+)@/gi

/** The text with digests for what stands before the host in its URLs. */
export function concealUrls(text: string, digest: SecretDigest): string {
  return text.includes('://')
    ? text.replace(userInfo, (_whole, scheme: string, secret: string) => `${scheme}${digest(secret)}@`)
    : text
}

/** Text of a Dockerfile as it may be kept in a record and repeated in a message. */
export function concealText(text: string): string {
  return concealUrls(text, () => '***')
}

/**
 * The environment as parts of a key. Values whose names look secret are digests there, also where another value repeats
 * one of them, and so are passwords in URLs.
 */
export function environmentParts(env: readonly string[], digest: SecretDigest): KeyPart[] {
  const pairs = env.map(splitPair)
  const secrets = pairs.filter(({ name }) => looksSecret(name)).map(({ value }) => value)
  const repeated = secrets.filter((value) => value.length >= shortestSecret).sort((a, b) => b.length - a.length)
  return pairs.map(({ name, value }) => ({
    name: `env ${name}`,
    value: looksSecret(name) && value !== '' ? digest(value) : concealUrls(replaceAll(value, repeated, digest), digest),
  }))
}

function replaceAll(text: string, secrets: readonly string[], digest: SecretDigest): string {
  return secrets.reduce(
    (rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, digest(secret)) : rest),
    text,
  )
}

function splitPair(line: string): { readonly name: string; readonly value: string } {
  const at = line.indexOf('=')
  return { name: line.slice(0, at), value: line.slice(at + 1) }
}
