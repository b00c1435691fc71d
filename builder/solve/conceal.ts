import type { KeyPart } from '../copy/types.ts'
import { looksSecret } from '../dockerfile/lint-secrets.ts'

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

/** The environment as parts of a key. Values whose names look secret are digests there. */
export function environmentParts(env: readonly string[], digest: SecretDigest): KeyPart[] {
  return env.map((line) => {
    const at = line.indexOf('=')
    const [name, value] = [line.slice(0, at), line.slice(at + 1)]
    return { name: `env ${name}`, value: looksSecret(name) && value !== '' ? digest(value) : value }
  })
}

/** Parts of a key with digests for what stands before the host in URLs, and for each of the secrets wherever it is repeated. */
export function concealParts(parts: readonly KeyPart[], secrets: readonly string[], digest: SecretDigest): KeyPart[] {
  const repeated = secrets.filter((value) => value.length >= shortestSecret).sort((a, b) => b.length - a.length)
  const spellings = [...new Set(repeated.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]))]
  const conceal = (text: string): string => concealUrls(replaceAll(text, spellings, digest), digest)
  return parts.map(({ name, value }) => ({ name: conceal(name), value: conceal(value) }))
}

function replaceAll(text: string, secrets: readonly string[], digest: SecretDigest): string {
  return secrets.reduce(
    (rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, () => digest(secret)) : rest),
    text,
  )
}
