import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonGuard,
  type JsonPlace,
  optional,
  parseJson,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { asDigest } from '../../shared/oci/descriptor.ts'
import { backupLimits } from './limits.ts'
import { isDatabaseName } from './members.ts'

/** What belongs to a backup. */
export interface BackupManifest {
  /** The moment of which the rows are, ISO 8601. */
  readonly at: string
  /** Program and version that made it. */
  readonly by: string
  /** Pieces of rows, in the order of the keys in them. */
  readonly metadata: readonly Digest[]
  readonly rows: number
  /** Databases beside that of the registry. */
  readonly databases: readonly DatabaseRows[]
  readonly files: readonly BackupFile[]
  /** That the rows name, damaged ones included. */
  readonly blobs: { readonly count: number; readonly bytes: number }
  /** Blobs that the registry did not have as its rows say; the backup has none of them. */
  readonly damaged: readonly Digest[]
  /** Uploads that were going on, which no backup has. */
  readonly uploads: number
}

/** Rows of a database that is not the registry's. */
export interface DatabaseRows {
  readonly name: string
  /** Pieces of rows, in the order of the keys in them. */
  readonly metadata: readonly Digest[]
  readonly rows: number
}

/** A small file of the data folder. */
export interface BackupFile {
  /** Below the data folder. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly digest: Digest
}

/** Of the first format are backups without further databases. */
const format = 2
const mostDigests = 10_000_000
const invalid = { code: 'BACKUP_INVALID' } as const

export function headText(): string {
  return `${JSON.stringify({ format })}\n`
}

/** Errors: BACKUP_INVALID, also for a format that a newer ibuild writes. */
export function checkHead(text: Uint8Array): void {
  const place = { ...invalid, path: 'ibuild-backup.json' }
  const found = required(asObject(parsed(text, place.path), place), 'format', place, asInteger)
  if (found === format || found === 1) return
  throw new IbuildError(
    'BACKUP_INVALID',
    `the backup is of format ${found}; this ibuild reads formats up to ${format}`,
    {
      hint: 'Use the ibuild that made it, or a newer one.',
    },
  )
}

/** With its own digest, as nothing else would tell when it is damaged. */
export function manifestText(manifest: BackupManifest): string {
  return `${JSON.stringify({ digest: digestOf(JSON.stringify(manifest)), manifest })}\n`
}

/** Errors: BACKUP_INVALID. */
export function parseManifestText(text: Uint8Array): BackupManifest {
  const place = { ...invalid, path: 'manifest.json' }
  const outer = asObject(parsed(text, place.path), place)
  const object = required(outer, 'manifest', place, asObject)
  if (outer['digest'] !== digestOf(JSON.stringify(object))) {
    throw new IbuildError('BACKUP_INVALID', 'manifest.json is damaged: it has another digest than it says')
  }
  const blobs = required(object, 'blobs', place, asObject)
  return {
    at: required(object, 'at', place, asString),
    by: required(object, 'by', place, asString),
    metadata: required(object, 'metadata', place, digests),
    rows: required(object, 'rows', place, asInteger),
    databases: optional(object, 'databases', place, arrayOf(asDatabase, backupLimits.databases)) ?? [],
    files: required(object, 'files', place, arrayOf(asFile, backupLimits.fileCount)),
    blobs: { count: required(blobs, 'count', place, asInteger), bytes: required(blobs, 'bytes', place, asInteger) },
    damaged: required(object, 'damaged', place, digests),
    uploads: required(object, 'uploads', place, asInteger),
  }
}

const digests: JsonGuard<Digest[]> = arrayOf(asDigest, mostDigests)

const asDatabase: JsonGuard<DatabaseRows> = (value, place) => {
  const object = asObject(value, place)
  const name = required(object, 'name', place, asString)
  if (!isDatabaseName(name)) return failAt(placeOf(place, 'name'), 'names no database')
  return {
    name,
    metadata: required(object, 'metadata', place, digests),
    rows: required(object, 'rows', place, asInteger),
  }
}

const asFile: JsonGuard<BackupFile> = (value, place) => {
  const object = asObject(value, place)
  return {
    path: required(object, 'path', place, asString),
    mode: required(object, 'mode', place, asInteger),
    digest: required(object, 'digest', place, asDigest),
  }
}

function parsed(text: Uint8Array, path: JsonPlace['path']): ReturnType<typeof parseJson> {
  try {
    return parseJson(text, { what: path, maxBytes: backupLimits.text })
  } catch (cause) {
    throw isIbuildError(cause, 'JSON_INVALID') ? new IbuildError('BACKUP_INVALID', cause.message, { cause }) : cause
  }
}
