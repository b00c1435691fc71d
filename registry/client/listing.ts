import { asStrings, isObject, type JsonValue } from '../../shared/base/json.ts'
import { type HttpAnswer, headersOf } from '../../shared/net/http/types.ts'
import { addressIn, type Endpoint } from './endpoint.ts'
import { invalidAnswer } from './errors.ts'
import { parseNextLink } from './link.ts'
import { readJson } from './read-answer.ts'
import type { CallOptions } from './types.ts'

/** Registries without pages send all at once. */
const longestPage = 32 * 1024 * 1024
const mostPages = 100_000
/** Pages without anything, one after the other. */
const mostEmptyPages = 100

export interface PageQuery extends CallOptions {
  readonly endpoint: Endpoint
  /** Path and query of the first page, or the answer with it. */
  readonly first: string | HttpAnswer
  readonly what: string
  readonly scopes: readonly string[]
  readonly path?: string | undefined
}

/**
 * The pages of a list, as their `Link`s lead on (RFC 8288), `countOf` telling how many items one has. Errors:
 * REGISTRY_ANSWER_INVALID for links to another host, in a circle or without end.
 */
export async function* pagesOf(
  { endpoint, first, what, scopes, path, signal }: PageQuery,
  countOf: (page: JsonValue) => number,
): AsyncGenerator<JsonValue> {
  const ask = (target: string | URL): Promise<HttpAnswer> =>
    endpoint.send({ method: 'GET', target, what, scopes, path, expect: [200], signal })
  const seen = new Set<string>()
  let empty = 0
  for (let answer = typeof first === 'string' ? await ask(first) : first; ; ) {
    const page = await readJson(answer, { what, most: longestPage })
    yield page
    const next = nextOf(answer, what)
    if (next === undefined) return
    empty = countOf(page) === 0 ? empty + 1 : 0
    if (seen.has(next.href) || seen.size >= mostPages || empty > mostEmptyPages) {
      throw invalidAnswer(what, 'the list of the registry has no end')
    }
    seen.add(next.href)
    answer = await ask(next)
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
export async function* namesIn(query: PageQuery, key: 'tags' | 'repositories'): AsyncGenerator<string> {
  const namesOf = (value: JsonValue): readonly string[] => {
    const member = isObject(value) ? value[key] : undefined
    if (member === null || member === undefined) return []
    return asStrings(member, { code: 'REGISTRY_ANSWER_INVALID', path: `${query.what}: ${key}` })
  }
  for await (const page of pagesOf(query, (each) => namesOf(each).length)) yield* namesOf(page)
}
