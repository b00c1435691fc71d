import { isIbuildError } from '../../../shared/base/errors.ts'
import { inParallel } from '../../../shared/base/in-parallel.ts'
import type { CallOptions, RegistryClient } from '../types.ts'

export interface SearchOptions extends CallOptions {
  /** Which repositories; a name without `*` and `?` is the start of those that are meant. */
  readonly pattern: string
  /** Of each repository its tags too. */
  readonly tags: boolean
  /** Most repositories. */
  readonly limit: number
}

export interface FoundRepository {
  readonly name: string
  /** At most 10 000; none when they were not asked for, or one may not see them. */
  readonly tags?: readonly string[]
}

export interface SearchResult {
  readonly repositories: readonly FoundRepository[]
  /** True when there are others, or when too many were looked at. */
  readonly more: boolean
}

/** Tags of one repository that are listed. */
const mostTags = 10_000
/** Names that are looked at for one search. */
const mostNames = 1_000_000

/** Repositories of a registry as its catalog lists them, those that one may see. Errors: those of the registry. */
export async function searchRepositories(
  client: RegistryClient,
  domain: string,
  { pattern, tags, limit, signal }: SearchOptions,
): Promise<SearchResult> {
  const fits = matcherOf(pattern)
  const names: string[] = []
  let looked = 0
  let more = false
  for await (const name of client.catalog(domain, { signal })) {
    more = ++looked > mostNames || (fits(name) && names.length === limit)
    if (more) break
    if (fits(name)) names.push(name)
  }
  if (!tags) return { repositories: names.map((name) => ({ name })), more }
  const repositories = await inParallel(names, { atOnce: 4, signal }, async (name, stop) => {
    const found = await tagsOf(client, { domain, path: name }, stop)
    return { name, ...(found !== undefined && { tags: found }) }
  })
  return { repositories, more }
}

/** A catalog may name what was deleted, and what is for others. */
async function tagsOf(
  client: RegistryClient,
  name: { readonly domain: string; readonly path: string },
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const tags: string[] = []
  try {
    for await (const tag of client.repository(name).tags({ signal })) if (tags.push(tag) === mostTags) break
    return tags
  } catch (error) {
    if (isIbuildError(error, 'REGISTRY_NOT_FOUND')) return tags
    if (isIbuildError(error, 'REGISTRY_DENIED')) return undefined
    throw error
  }
}

/** `*` stands for any characters, `?` for one; it takes time in proportion to both lengths only. */
export function matcherOf(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name.startsWith(pattern)
  return (name) => matches(pattern, name)
}

/** Goes back to the last `*` only. */
function matches(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let mark = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
