import { type Digest, isDigest, parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { isName, isTag, parseName, type RepositoryName } from '../protocol/names.ts'
import { hasRepository } from '../service/repositories.ts'
import { looseRows } from '../storage/gc-rows.ts'
import { holderRows, linkedRows, linkRows, manifestRows, tagRows } from '../storage/rows.ts'
import { type Chain, chainsTo } from './chains.ts'
import { type FreedBytes, freedBytes } from './freed-bytes.ts'
import { listReviews, type Review } from './queue.ts'
import { type AskedRoots, askRoots } from './roots.ts'
import { looseSince } from './sweep-manifest.ts'
import type { SweepParts } from './sweep-types.ts'
import type { GcRoots } from './types.ts'

/** What is asked about: a digest, a tag, a digest in all repositories, or what a repository has that nothing keeps. */
export type ExplainTarget = ContentTarget | { readonly name: RepositoryName }

type ContentTarget =
  | { readonly name: RepositoryName; readonly digest: Digest }
  | { readonly name: RepositoryName; readonly tag: string }
  | { readonly digest: Digest }

/** Why something is there, when it goes, and what that frees. Times are milliseconds since the epoch. */
export interface Explanation {
  readonly repository: string
  readonly digest: Digest
  readonly what: 'manifest' | 'blob'
  /** Bytes. */
  readonly size: number
  /** None when nothing keeps it; then it goes. */
  readonly keptBy: readonly Chain[]
  /** Until when it stays although nothing keeps it. */
  readonly until: {
    readonly lease: number | null
    readonly grace: number | null
    /** The next look at it. */
    readonly review: number | null
  }
  /** When it goes; null when it stays as long as something keeps it, or when nobody is to look at it. */
  readonly goesAt: number | null
  readonly frees: FreedBytes
}

type Parts = Pick<SweepParts, 'metadata' | 'leases' | 'settings' | 'now'> & {
  readonly roots: readonly GcRoots[]
  readonly patience: number
}

/** Repositories that are told of for one digest, and reviews among which the next one is looked for. */
const [mostRepositories, mostReviews] = [100, 10_000]
/** What is told of one repository. */
const mostInRepository = 200

/** `REPO`, `REPO@DIGEST`, `REPO:TAG` or `DIGEST`. Errors: USAGE. */
export function parseTarget(text: string): ExplainTarget {
  if (isDigest(text)) return { digest: text }
  if (/^sha(?:256|512):/.test(text)) {
    throw new IbuildError('USAGE', `${JSON.stringify(text.slice(0, 200))} is not a whole digest`, {
      hint: wholeDigests,
    })
  }
  if (isName(text)) return { name: text }
  const [name = '', digest, ...rest] = text.split('@')
  if (digest !== undefined && rest.length === 0 && isName(name) && isDigest(digest)) return { name, digest }
  const colon = text.lastIndexOf(':')
  const [repository, tag] = [text.slice(0, colon), text.slice(colon + 1)]
  if (digest === undefined && colon > 0 && isName(repository) && isTag(tag)) return { name: repository, tag }
  throw new IbuildError('USAGE', `${JSON.stringify(text.slice(0, 200))} names no digest and no tag`, {
    hint: 'Write team/app:1, team/app@sha256:..., sha256:... or team/app',
  })
}

const wholeDigests = 'ibuild registry history REPOSITORY:TAG --no-trunc prints whole ones.'

/** Errors: OBJECT_NOT_FOUND. */
export async function explain(parts: Parts, target: ExplainTarget): Promise<readonly Explanation[]> {
  const { metadata } = parts
  const reviews = await listReviews(metadata, { until: Number.POSITIVE_INFINITY, limit: mostReviews })
  const look = { ...parts, reviews }
  if ('digest' in target || 'tag' in target)
    return fromRoots(look, await explainAll(look, await placesOf(metadata, target)))
  const { name } = target
  const all = await explainAll(look, await waitingIn(look, name), await hasRepository(metadata, name))
  return all.filter(({ keptBy }) => keptBy.length === 0)
}

/** What is read once, for all that is told of. */
interface Look extends Parts {
  readonly reviews: readonly Review[]
}

async function explainAll(look: Look, places: readonly Place[], mayBeNone = false): Promise<readonly Explanation[]> {
  const found: Explanation[] = []
  const asked = await askRoots(look.roots, places, look.patience)
  for (const place of places) {
    const explanation = await explainOne(look, place, asked)
    if (explanation !== undefined) found.push(explanation)
  }
  if (found.length > 0 || mayBeNone) return found
  throw new IbuildError('OBJECT_NOT_FOUND', 'the registry has nothing of that name', {
    hint: 'What goes leaves nothing that could be asked about.',
  })
}

/** The same, with what keeps the manifests at which chains begin before them, where that is a root, and until when. */
async function fromRoots(look: Look, found: readonly Explanation[]): Promise<readonly Explanation[]> {
  const places = found.flatMap(({ repository, keptBy }) =>
    keptBy.flatMap(([top]) =>
      top !== undefined && 'digest' in top ? [{ name: parseName(repository), digest: top.digest }] : [],
    ),
  )
  const asked = await askRoots(look.roots, places, look.patience)
  const whole = (repository: string, chain: Chain): Chain => {
    const [top] = chain
    if ('failure' in asked || top === undefined || !('digest' in top)) return chain
    const source = asked.rootOf(repository, top.digest)
    return source === undefined ? chain : [{ kind: 'root', source }, ...chain]
  }
  return Promise.all(
    found.map(async (one) => {
      const chains = one.keptBy.map((chain) => timed(look, one, whole(one.repository, chain)))
      return { ...one, keptBy: await Promise.all(chains) }
    }),
  )
}

/** A root keeps what is asked about, or the manifest that comes after it. */
async function timed({ roots }: Look, { repository, digest }: Explanation, chain: Chain): Promise<Chain> {
  const [root, next] = chain
  if (root?.kind !== 'root') return chain
  const kept = next !== undefined && 'digest' in next ? next.digest : digest
  const source = roots.find(({ name }) => name === root.source)
  const until = await source?.until?.(parseName(repository), kept)
  return until === undefined ? chain : [{ ...root, until }, ...chain.slice(1)]
}

interface Place {
  readonly name: RepositoryName
  readonly digest: Digest
}

/** What of a repository may go before long: manifests without a tag, and what is to be looked at. */
async function waitingIn({ metadata, reviews }: Look, name: RepositoryName): Promise<readonly Place[]> {
  const loose = await metadata.list({ prefix: looseRows.prefix(name), limit: mostInRepository })
  const waiting = reviews.filter((review) => review.name === name).map(({ digest }) => digest)
  const digests = new Set([...loose.map(({ key }) => parseDigest(lastPart(key))), ...waiting])
  return [...digests].slice(0, mostInRepository).map((digest) => ({ name, digest }))
}

async function placesOf(metadata: RowStore, target: ContentTarget): Promise<readonly Place[]> {
  if ('tag' in target) {
    const key = tagRows.key(target.name, target.tag)
    const value = await metadata.get(key)
    return value === undefined ? [] : [{ name: target.name, digest: tagRows.parse(key, value).digest }]
  }
  if ('name' in target) return [target]
  const { digest } = target
  const prefixes = [linkedRows.prefix(digest), holderRows.prefix(digest)]
  const rows = await Promise.all(prefixes.map((prefix) => metadata.list({ prefix, limit: mostRepositories })))
  const names = new Set(rows.flat().map(({ key }) => lastPart(key)))
  return [...names].slice(0, mostRepositories).map((name) => ({ name: parseName(name), digest }))
}

async function explainOne(look: Look, { name, digest }: Place, asked: AskedRoots): Promise<Explanation | undefined> {
  const { metadata } = look
  const keys = [manifestRows.key(name, digest), linkRows.key(name, digest)] as const
  const [manifest, link] = await metadata.getMany(keys)
  if (manifest === undefined && link === undefined) return undefined
  const row = manifest === undefined ? undefined : manifestRows.parse(keys[0], manifest)
  const size = row?.size ?? linkRows.parse(keys[1], link ?? '').size
  const rootOf = (each: Digest): string | undefined =>
    'failure' in asked ? asked.failure : each === digest ? asked.rootOf(name, each) : undefined
  const keptBy = await chainsTo(metadata, digest, { name, rootOf })
  const isUnkept = keptBy.length === 0
  const until = await untilOf(look, { name, digest, ...(row !== undefined && isUnkept && { row }) })
  const isKept = !isUnkept || (row !== undefined && !look.settings().untagged.remove)
  return {
    repository: name,
    digest,
    what: row === undefined ? 'blob' : 'manifest',
    size,
    keptBy,
    until,
    goesAt: isKept || until.review === null ? null : Math.max(until.review, until.lease ?? 0, until.grace ?? 0),
    frees: await freedBytes(metadata, name, digest),
  }
}

async function untilOf(
  { metadata, leases, settings, now, reviews }: Look,
  { name, digest, row }: Place & { readonly row?: Parameters<typeof looseSince>[0] },
): Promise<Explanation['until']> {
  const { delay, untagged } = settings()
  const loose = await metadata.get(looseRows.key(name, digest))
  const lease = leases.left(name, digest)
  const grace = row === undefined ? 0 : looseSince(row, loose, now()) + untagged.keep
  const review = reviews.find((each) => each.name === name && each.digest === digest)
  return {
    lease: lease > 0 ? now() + lease : null,
    grace: grace > now() ? grace : null,
    review: review === undefined ? null : Math.max(now(), review.at + delay),
  }
}
