import { RegistryError } from './error.ts'

/** What a listing is asked for (OCI distribution-spec, "Listing Tags"). */
export interface PageRequest {
  /** How many at most. */
  readonly count: number
  /** The listing goes on after this one, which need not exist. */
  readonly last: string | undefined
}

/** Longer than any name or tag. */
const longestLast = 512

/**
 * Reads `n` and `last`; the count is never more than `most`, which is also taken without `n`. Errors:
 * PAGINATION_NUMBER_INVALID for an `n` that is no number.
 */
export function parsePage(query: URLSearchParams, most: number): PageRequest {
  const [n, last] = [query.get('n'), query.get('last')]
  if (n !== null && !/^\d+$/.test(n)) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', `n is no number: ${JSON.stringify(n.slice(0, 40))}`)
  }
  return {
    count: n === null ? most : Math.min(Number(n), most),
    last: last === null || last === '' ? undefined : last.slice(0, longestLast),
  }
}

/** The `Link` to what comes after `last`, relative, with all other parameters of the query (RFC 8288). */
export function nextLink(
  path: string,
  query: URLSearchParams,
  { count, last }: PageRequest & { last: string },
): string {
  const next = new URLSearchParams(query)
  next.set('n', String(count))
  next.set('last', last)
  return `<${path}?${next.toString()}>; rel="next"`
}
