import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { RegistryError } from './error.ts'

/** A name of a repository that follows the grammar (OCI distribution-spec, "Pulling manifests"). Only this module makes one. */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' }

/** Many clients cap host and name together at this. */
const longestName = 255
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const namePattern = new RegExp(`^${component}(?:/${component})*$`)
const tagPattern = /^\w[\w.-]{0,127}$/

/** What a manifest is asked for by. */
export type ManifestRef = { readonly tag: string } | { readonly digest: Digest }

/** Errors: NAME_INVALID. */
export function parseName(text: string): RepositoryName {
  if (isName(text)) return text
  throw new RegistryError('NAME_INVALID', `not a repository name: ${shown(text)}`, {
    detail: {
      rule: 'lower-case letters and digits, with ., _, __ or - between them, in parts divided by /',
      longest: longestName,
    },
  })
}

/** True for a name of at most 255 characters; its length is looked at first, so the pattern takes no long time. */
export function isName(text: string): text is RepositoryName {
  return text.length <= longestName && namePattern.test(text)
}

/** Errors: DIGEST_INVALID for what has a colon, as a tag has none; TAG_INVALID. */
export function parseManifestRef(text: string): ManifestRef {
  return text.includes(':') ? { digest: parseDigestParameter(text) } : { tag: parseTag(text) }
}

/** True for what can be a tag. */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/** Errors: TAG_INVALID. */
export function parseTag(text: string): string {
  if (isTag(text)) return text
  throw new RegistryError('TAG_INVALID', `not a tag: ${shown(text)}`, {
    detail: { rule: 'at most 128 letters, digits, ., _ and -, the first no . or -' },
  })
}

/** Errors: DIGEST_INVALID, for algorithms other than sha256 and sha512 as well. */
export function parseDigestParameter(text: string): Digest {
  if (isDigest(text)) return text
  throw new RegistryError('DIGEST_INVALID', `not a digest: ${shown(text)}`, {
    detail: { rule: 'sha256: with 64, or sha512: with 128 hex digits in lower case' },
  })
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 160))
}
