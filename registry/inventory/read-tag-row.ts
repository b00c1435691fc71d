import { isDigest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type TagRow, tagRows } from '../storage/rows.ts'

/** As such rows are written; what is written otherwise is read as any row. */
const usual = /^\{"digest":"(sha256:[0-9a-f]{64})","at":(\d{1,15}),"move":(\d{1,15})\}$/

/** The row of a tag; undefined for one that is damaged. There may be a great many, and to parse JSON takes four times as long. */
export function readTagRow(key: string, value: string): TagRow | undefined {
  const [, digest, at, move] = usual.exec(value) ?? []
  if (digest === undefined || !isDigest(digest)) return readOrNothing<TagRow>(tagRows, key, value)
  return { digest, at: Number(at), move: Number(move) }
}
