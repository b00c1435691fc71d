import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import { looseRows, type ReviewRow, reviewRows, timePart, useRows } from '../storage/gc-rows.ts'
import { newChange } from '../storage/new-change.ts'
import { linkRows, manifestRows, taggedRows } from '../storage/rows.ts'

/** Reviews of one digest in one second share a row: a hundred manifests on one base are one look at each of its layers. */
const together = 1000

/** The row of a review of what happened at `at`, milliseconds since the epoch. */
export function reviewRow(
  { name, digest, at }: { readonly name: string; readonly digest: Digest; readonly at: number },
  value: Omit<ReviewRow, 'change'> = {},
): Row {
  const second = Math.floor(at / together) * together
  return reviewRows.row([timePart(second), name, digest], { change: newChange(), ...value })
}

/**
 * The same metadata, but that each change which may have freed something also writes down that this is to be looked at: a tag
 * that is taken from a manifest, a manifest that comes without one or goes, what that one referred to, a blob that a repository
 * is given. Whoever writes such rows need not think of it, and nothing is ever searched for.
 */
export function withReviews(metadata: RowStore, now: () => number): RowStore {
  return { ...metadata, commit: (change) => metadata.commit(withReviewRows(change, now())) }
}

/** The change with the rows for what it may free at `at`. Those that it has itself are left as they are. */
function withReviewRows(change: Change, at: number): Change {
  const { put = [], remove = [] } = change
  const gone = new Set(remove.filter((key) => key.startsWith(manifestRows.prefix())))
  const freed = new Map<string, Freed>()
  const add = (name = '', digest = '', isLoose = false): void => {
    if (!isDigest(digest)) return
    const key = `${name} ${digest}`
    freed.set(key, { name, digest, isLoose: isLoose || freed.get(key)?.isLoose === true })
  }
  for (const key of remove) {
    const [, name, digest] = key.split(' ')
    if (key.startsWith(taggedRows.prefix())) add(name, digest, true)
    else if (key.startsWith(useRows.prefix()) || gone.has(key)) add(name, digest)
  }
  const tagged = new Set(put.flatMap(({ key }) => (key.startsWith(taggedRows.prefix()) ? [targetOf(key)] : [])))
  for (const { key } of put) {
    const [, name, digest] = key.split(' ')
    if (key.startsWith(linkRows.prefix())) add(name, digest)
    else if (key.startsWith(manifestRows.prefix()) && !tagged.has(`${name} ${digest}`)) add(name, digest, true)
  }
  if (freed.size === 0) return change
  return withRows(change, [...freed.values()], { at, gone })
}

interface Freed {
  readonly name: string
  readonly digest: Digest
  readonly isLoose: boolean
}

function withRows(
  change: Change,
  freed: readonly Freed[],
  { at, gone }: { readonly at: number; readonly gone: ReadonlySet<string> },
): Change {
  const { put = [], remove = [] } = change
  const own = new Set(
    put.flatMap(({ key }) => (/^(?:review|loose) /.test(key) ? [key.replace(/^review \d+/, 'review')] : [])),
  )
  const isOwn = (kind: string, { name, digest }: Freed): boolean => own.has(`${kind} ${name} ${digest}`)
  const isGone = ({ name, digest }: Freed): boolean => gone.has(manifestRows.key(name, digest))
  return {
    ...change,
    put: [
      ...freed.filter((each) => !isOwn('review', each)).map((each) => reviewRow({ ...each, at })),
      ...freed
        .filter((each) => each.isLoose && !isGone(each) && !isOwn('loose', each))
        .map(({ name, digest }) => looseRows.row([name, digest], { at })),
      ...put,
    ],
    remove: [...freed.filter(isGone).map(({ name, digest }) => looseRows.key(name, digest)), ...remove],
  }
}

/** Name and digest of a `tagged` row. */
function targetOf(key: string): string {
  return key.split(' ').slice(1, 3).join(' ')
}
