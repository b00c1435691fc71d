import {
  asInteger,
  asObject,
  asString,
  type JsonObject,
  type JsonPlace,
  optional,
  required,
} from '../../shared/base/json.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { settingRows } from '../storage/rows.ts'
import { type Counts, noCounts } from './import-repository.ts'

/** What is remembered of an adoption. */
export interface AdoptionState {
  /** Absolute path of the tree. */
  readonly tree: string
  readonly startedAt: number
  /** Milliseconds since the epoch; undefined until all was taken. */
  readonly finishedAt?: number
  /** All repositories up to this one, in the order of their names, are ours; '' at first. */
  readonly cursor: string
  readonly repositories: number
  readonly counts: Counts
}

export const adoptionKey: string = settingRows.key('adoption')

export async function readState(metadata: RowStore): Promise<AdoptionState | undefined> {
  const value = await metadata.get(adoptionKey)
  if (value === undefined) return undefined
  const place: JsonPlace = { code: 'STORE_INVALID', path: adoptionKey }
  const object = asObject(settingRows.parse(adoptionKey, value), place)
  return {
    tree: required(object, 'tree', place, asString),
    startedAt: required(object, 'startedAt', place, asInteger),
    ...definedMembers({ finishedAt: optional(object, 'finishedAt', place, asInteger) }),
    cursor: required(object, 'cursor', place, asString),
    repositories: required(object, 'repositories', place, asInteger),
    counts: required(object, 'counts', place, (counts, at) => readCounts(asObject(counts, at), at)),
  }
}

export async function writeState(metadata: RowStore, state: AdoptionState): Promise<void> {
  const { counts, ...rest } = state
  await metadata.commit({ put: [settingRows.row(['adoption'], { ...rest, counts: { ...counts } })] })
}

export function addCounts(a: Counts, b: Counts): Counts {
  const sum = noCounts()
  for (const name of countNames) sum[name] = a[name] + b[name]
  return sum
}

const countNames = ['manifests', 'tags', 'blobs', 'bytes', 'linked', 'copied', 'flaws'] as const

function readCounts(object: JsonObject, place: JsonPlace): Counts {
  const counts = noCounts()
  for (const name of countNames) counts[name] = required(object, name, place, asInteger)
  return counts
}
