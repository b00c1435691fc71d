/** The target of the first link with `rel="next"` (RFC 8288); undefined when there is none, or none that can be read. */
export function parseNextLink(headers: readonly string[]): string | undefined {
  for (const header of headers) {
    for (const [, target, parameters] of header
      .slice(0, 16_384)
      .matchAll(/<([^<>]*)>((?:\s*;\s*[^\s;,="]+\s*=\s*(?:"[^"]*"|[^\s;,"]*))*)/g)) {
      if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=$|[\s;]))/i.test(parameters ?? '')) return target
    }
  }
  return undefined
}
