import type { Digest } from '../../shared/base/digest.ts'
import type { Change, MetadataStore } from '../storage/metadata-types.ts'
import { lastPart, readOrNothing } from '../storage/row-kind.ts'
import { historyRows, movePart, type TagRow, taggedRows, tagRows } from '../storage/rows.ts'

/** Moves of a tag that are remembered. */
const longestHistory = 100

/** A tag and its row as it is now. */
export interface TagNow {
  readonly name: string
  readonly tag: string
  readonly value: string | undefined
}

/**
 * Rows for a tag that is set to `digest`, or removed: the row itself, its mirror, and what is remembered of it. Nothing is
 * put when it is so already. Its rows are expected as they were, so of two moves at once one is decided anew, after the other.
 */
export async function changeTag(
  metadata: MetadataStore,
  { name, tag, value }: TagNow,
  digest: Digest | undefined,
): Promise<Change> {
  const key = tagRows.key(name, tag)
  const before = value === undefined ? undefined : readOrNothing<TagRow>(tagRows, key, value)
  if (digest !== undefined && before?.digest === digest) return { expect: [{ key, value }] }
  const move = 1 + (before?.move ?? (await lastMove(metadata, name, tag)))
  const history = historyRows.row([name, tag, movePart(move)], {
    ...(digest !== undefined && { digest }),
    at: Date.now(),
  })
  const rows =
    digest === undefined
      ? []
      : [tagRows.row([name, tag], { digest, at: Date.now(), move }), taggedRows.row([name, digest, tag], true)]
  return {
    put: [history, ...rows],
    remove: [
      ...(digest === undefined ? [key] : []),
      ...(before === undefined ? [] : [taggedRows.key(name, before.digest, tag)]),
      ...(move > longestHistory ? [historyRows.key(name, tag, movePart(move - longestHistory))] : []),
    ],
    expect: [
      { key, value },
      { key: history.key, value: undefined },
    ],
  }
}

/** The number of the last move of a tag that is not there, 0 when it never was. */
async function lastMove(metadata: MetadataStore, name: string, tag: string): Promise<number> {
  const [last] = await metadata.list({ prefix: historyRows.prefix(name, tag), limit: 1, reverse: true })
  return last === undefined ? 0 : Number(lastPart(last.key))
}
