import type { Digest } from '../../shared/base/digest.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import { newChange } from '../storage/new-change.ts'
import {
  goneRows,
  type HistoryRow,
  historyRows,
  movePart,
  repositoryRows,
  type TagRow,
  taggedRows,
  tagRows,
} from '../storage/rows.ts'
import { type ImmutableBy, requireMutable } from './tag-rules.ts'

/** Moves of a tag that are remembered. */
export const longestHistory = 100
/** Of who moved it, so many characters. */
const longestName = 256

/** What a tag is changed by. */
export interface TagChanger {
  readonly metadata: RowStore
  readonly immutableBy: ImmutableBy
}

/** A tag and its row as it is now, and what is remembered of who moves it. */
export interface TagNow {
  readonly name: string
  readonly tag: string
  readonly value: string | undefined
  readonly by?: string | undefined
  /** The earlier move that this one takes back to. */
  readonly restores?: number | undefined
  /** When it is moved; now unless given. */
  readonly at?: number | undefined
  /** Of what it is set to; see {@link TagRow.size}. */
  readonly size?: number | undefined
}

/**
 * Rows for a tag that is set to `digest`, or removed: the row itself, its mirror, and what is remembered of it. Nothing is
 * put when it is so already. Its rows are expected as they were, so of two moves at once one is decided anew, after the other.
 * DENIED for a tag that has to stay.
 */
export async function changeTag(
  { metadata, immutableBy }: TagChanger,
  { name, tag, value, by, restores, at = Date.now(), size }: TagNow,
  digest: Digest | undefined,
): Promise<Change> {
  const key = tagRows.key(name, tag)
  const before = value === undefined ? undefined : readOrNothing<TagRow>(tagRows, key, value)
  if (digest !== undefined && before?.digest === digest) return { expect: [{ key, value }] }
  if (before !== undefined) requireMutable(immutableBy, { name, tag, is: before.digest })
  const move = 1 + (before?.move ?? (await lastMove(metadata, name, tag)))
  const history = historyRows.row([name, tag, movePart(move)], {
    ...definedMembers({ digest, by: by?.slice(0, longestName), restores }),
    at,
  })
  const rows =
    digest === undefined
      ? []
      : [
          tagRows.row([name, tag], { digest, at, move, ...definedMembers({ size }) }),
          taggedRows.row([name, digest, tag], true),
          ...(immutableBy(name)?.(tag) === undefined ? [] : [changedRepository(name)]),
        ]
  return {
    put: [history, ...rows],
    remove: [
      ...(digest === undefined ? [key] : []),
      ...(before === undefined ? [] : [taggedRows.key(name, before.digest, tag)]),
      ...(move > longestHistory ? await forgotten(metadata, name, { tag, move: move - longestHistory }) : []),
    ],
    expect: [
      { key, value },
      { key: history.key, value: undefined },
    ],
  }
}

/** That something came to a repository which keeps others of what it has: removals of these expect its row. */
export function changedRepository(name: string): Row {
  return repositoryRows.row([name], { at: Date.now(), change: newChange() })
}

/** The row of a move that is remembered no longer, and what is known of its manifest if that is gone. */
async function forgotten(
  metadata: RowStore,
  name: string,
  { tag, move }: { readonly tag: string; readonly move: number },
): Promise<string[]> {
  const key = historyRows.key(name, tag, movePart(move))
  const value = await metadata.get(key)
  const digest = value === undefined ? undefined : readOrNothing<HistoryRow>(historyRows, key, value)?.digest
  return digest === undefined ? [key] : [key, goneRows.key(name, digest)]
}

/** The number of the last move of a tag that is not there, 0 when it never was. */
async function lastMove(metadata: RowStore, name: string, tag: string): Promise<number> {
  const [last] = await metadata.list({ prefix: historyRows.prefix(name, tag), limit: 1, reverse: true })
  return last === undefined ? 0 : Number(lastPart(last.key))
}
