import type { Digest } from '../../shared/base/digest.ts'

/** The strong validator of content that is known by its digest. */
export function etagOf(digest: Digest): string {
  return `"${digest}"`
}

/** True when `If-None-Match` names the content (RFC 9110, 13.1.2): one of a list, weak or not, or any. */
export function isNoneMatch(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false
  const tags = header.split(',', 256).map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etagOf(digest))
}

/** True when a Range counts: without `If-Range`, or when that names the content (RFC 9110, 13.1.5); a date never does. */
export function isRangeWanted(ifRange: string | readonly string[] | undefined, digest: Digest): boolean {
  return ifRange === undefined || ifRange === etagOf(digest)
}
