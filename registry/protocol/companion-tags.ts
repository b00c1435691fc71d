import { algorithmOf, type Digest, hexOf, parseDigest } from '../../shared/base/digest.ts'

/**
 * What a tag is about by its form: signatures and the like (`sha256-HEX.sig`), or, without an ending, the list of referrers for
 * registries that do not list them themselves (OCI distribution-spec, "Referrers Tag Schema").
 */
export function subjectOfTag(tag: string): { readonly subject: Digest; readonly isList: boolean } | undefined {
  const [, hex, ending] = /^sha256-([a-f\d]{64})(\.(?:sig|att|sbom))?$/.exec(tag) ?? []
  return hex === undefined ? undefined : { subject: parseDigest(`sha256:${hex}`), isList: ending === undefined }
}

/** All tags that would be about a manifest by their form; none of one with another digest than sha256. */
export function companionTags(digest: Digest): readonly string[] {
  if (algorithmOf(digest) !== 'sha256') return []
  return ['', '.sig', '.att', '.sbom'].map((ending) => `sha256-${hexOf(digest)}${ending}`)
}
