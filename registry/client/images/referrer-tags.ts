/** True for a tag that is no name of an image: the list of referrers where there is no API for it, and what cosign keeps so. */
export function isReferrerTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}(?:\.[a-z]+)?$/.test(tag)
}
