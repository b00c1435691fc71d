import { asObject, failAt, type JsonObject, type JsonPlace, placeOf, required } from '../../shared/base/json.ts'
import { shown } from './fail.ts'
import { readFileMeta } from './file-meta.ts'
import { metadataLimits } from './limits.ts'
import { readCommon } from './read-common.ts'
import { isTargetsRole } from './role.ts'
import type { FileMeta, RoleName, Snapshot, Timestamp } from './types.ts'

/** Delegations of all depths, and root and targets. */
const mostFiles = 100 * metadataLimits.delegations

/** Reads what is signed of a snapshot: `root` and `targets` must be there, and nothing but roles that list targets beside. */
export function readSnapshotBody(object: JsonObject, place: JsonPlace): Snapshot {
  const common = readCommon('Snapshot', object, ['meta'], place)
  const files = required(object, 'meta', place, asObject)
  const own = placeOf(place, 'meta')
  const names = Object.keys(files)
  if (names.length > mostFiles) failAt(own, `${names.length} files, more than ${mostFiles}`)
  const meta = new Map(names.map((name) => readEntry(files, name, own)))
  for (const role of ['root', 'targets'] as const) if (!meta.has(role)) failAt(own, `${role} is missing`)
  return { ...common, meta }
}

function readEntry(files: JsonObject, name: string, place: JsonPlace): [RoleName, FileMeta] {
  if (name !== 'root' && !isTargetsRole(name)) return failAt(place, `${shown(name)} is no role that a snapshot lists`)
  return [name, required(files, name, place, readFileMeta)]
}

/** Reads what is signed of a timestamp. What it tells beside the snapshot is passed over. */
export function readTimestampBody(object: JsonObject, place: JsonPlace): Timestamp {
  const common = readCommon('Timestamp', object, ['meta'], place)
  const files = required(object, 'meta', place, asObject)
  return { ...common, snapshot: required(files, 'snapshot', placeOf(place, 'meta'), readFileMeta) }
}
