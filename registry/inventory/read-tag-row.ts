import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type TagRow, tagRows } from '../storage/rows.ts'

/** As such rows are written; what is written otherwise is read as any row. */
const usual = /^\{"digest":"(sha256:[0-9a-f]{64})","at":(\d{1,15}),"move":\d{1,15}(?:,"size":(\d{1,15}))?\}$/

/** What of the row of a tag is asked of all; undefined for one that is damaged. To parse JSON takes four times as long. */
export function readTagRow(key: string, value: string): Pick<TagRow, 'digest' | 'at' | 'size'> | undefined {
  const [, digest, at, size] = usual.exec(value) ?? []
  if (digest === undefined) return readOrNothing<TagRow>(tagRows, key, value)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pattern says so
  const found = { digest: digest as Digest, at: Number(at) }
  return size === undefined ? found : { ...found, size: Number(size) }
}
