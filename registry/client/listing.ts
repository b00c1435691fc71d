import { asStrings, isObject, type JsonValue } from '../../shared/base/json.ts'
import { type HttpAnswer, headersOf } from '../../shared/net/http/types.ts'
import { addressIn, type Endpoint } from './endpoint.ts'
import { invalidAnswer } from './errors.ts'
import { parseNextLink } from './link.ts'
import { readJson } from './read-answer.ts'
import type { CallOptions } from './types.ts'

/** How long a list may be before a registry is taken for one that never ends it. */
export interface ListLimits {
  /** Bytes of a page. */
  readonly page: number
  readonly pages: number
  readonly items: number
  /** Milliseconds until the last page is asked for, without what is done with the items meanwhile. */
  readonly time: number
}

/** Registries without pages send all at once. */
const usualLimits: ListLimits = {
  page: 32 * 1024 * 1024,
  pages: 100_000,
  items: Number.POSITIVE_INFINITY,
  time: Number.POSITIVE_INFINITY,
}
/** Pages without anything, one after the other. */
const mostEmptyPages = 100

export interface PageQuery extends CallOptions {
  readonly endpoint: Endpoint
  /** Path and query of the first page, or the answer with it. */
  readonly first: string | HttpAnswer
  readonly what: string
  readonly scopes: readonly string[]
  readonly path?: string | undefined
  readonly limits?: ListLimits | undefined
}

/**
 * The items of a list, `itemsOf` finding those of a page, over all pages, as their `Link`s lead on (RFC 8288). Errors:
 * REGISTRY_ANSWER_INVALID for links to another host, in a circle, without end or beyond the limits.
 */
export async function* listed<T>(
  { endpoint, first, what, scopes, path, limits = usualLimits, signal }: PageQuery,
  itemsOf: (page: JsonValue) => readonly T[],
): AsyncGenerator<T> {
  const ask = (target: string | URL): Promise<HttpAnswer> =>
    endpoint.send({ method: 'GET', target, what, scopes, path, expect: [200], signal })
  const seen = new Set<string>()
  let [empty, count, time] = [0, 0, 0]
  for (let answer = typeof first === 'string' ? await ask(first) : first; ; ) {
    const began = performance.now()
    const items = itemsOf(await readJson(answer, { what, most: limits.page }))
    time += performance.now() - began
    yield* items
    const next = nextOf(answer, what)
    if (next === undefined) return
    empty = items.length === 0 ? empty + 1 : 0
    count += items.length
    const isLong = seen.size >= limits.pages || count > limits.items || time > limits.time
    if (seen.has(next.href) || isLong || empty > mostEmptyPages)
      throw invalidAnswer(what, 'the list of the registry has no end')
    seen.add(next.href)
    const asked = performance.now()
    answer = await ask(next)
    time += performance.now() - asked
  }
}

function nextOf(answer: HttpAnswer, what: string): URL | undefined {
  const link = parseNextLink(headersOf(answer, 'link'))
  if (link === undefined) return undefined
  const url = addressIn(link, answer, what)
  if (url.origin === answer.url.origin) return url
  throw invalidAnswer(what, 'the list goes on at another host')
}

/** All texts in the member `key` of the pages. */
export function namesIn(query: PageQuery, key: 'tags' | 'repositories'): AsyncGenerator<string> {
  return listed(query, (value) => {
    const member = isObject(value) ? value[key] : undefined
    if (member === null || member === undefined) return []
    return asStrings(member, { code: 'REGISTRY_ANSWER_INVALID', path: `${query.what}: ${key}` })
  })
}
