import type { Digest } from '../../shared/base/digest.ts'
import { arrayOf, asInteger, asObject, required } from '../../shared/base/json.ts'
import { asDigest } from '../../shared/oci/descriptor.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import { settingRows } from './rows.ts'

/** When a client last asked for a manifest, by its digest or by a tag; milliseconds since the epoch. */
export interface PulledRow {
  readonly at: number
}

/** What somebody says to run just now. */
export interface InUseRow {
  /** Digests of manifests, or of configs of images. */
  readonly digests: readonly Digest[]
  /** When it was said, and until when it counts; milliseconds since the epoch. */
  readonly at: number
  readonly until: number
}

/** Digests of one report. */
export const mostReported = 10_000

/** `pulled NAME DIGEST` */
export const pulledRows: RowKind<[name: string, digest: Digest], PulledRow> = rowKind('pulled', (value, place) => ({
  at: required(asObject(value, place), 'at', place, asInteger),
}))

/** `in-use REPORTER` */
export const inUseRows: RowKind<[reporter: string], InUseRow> = rowKind('in-use', (value, place) => {
  const object = asObject(value, place)
  return {
    digests: required(object, 'digests', place, arrayOf(asDigest, mostReported)),
    at: required(object, 'at', place, asInteger),
    until: required(object, 'until', place, asInteger),
  }
})

/** Since when pulls are noted, in the settings; milliseconds since the epoch. */
export const pullsSinceKey: string = settingRows.key('pulls-since')
