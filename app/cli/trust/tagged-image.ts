import { IbuildError } from '../../../shared/base/errors.ts'
import { familiarName, parseReference, type Reference } from '../../../shared/base/reference.ts'

/** A reference with a tag: what is signed under a name is said in so many words. */
export type TaggedImage = Reference & { readonly tag: string }

/** `NAME:TAG` or `NAME:TAG@DIGEST`. Errors: REFERENCE_INVALID; USAGE without a tag. */
export function parseTagged(word: string): TaggedImage {
  const reference = parseReference(word)
  const { domain, path, digest, tag } = reference
  if (tag !== undefined) return { ...reference, tag }
  throw new IbuildError('USAGE', `${word} has no tag`, {
    hint: `Write ${familiarName({ domain, path, tag: 'latest', ...(digest !== undefined && { digest }) })}, or what else is meant.`,
  })
}
