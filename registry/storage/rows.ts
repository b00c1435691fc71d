import type { Digest, DigestAlgorithm } from '../../shared/base/digest.ts'
import {
  asBoolean,
  asInteger,
  asObject,
  asString,
  asStringMap,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  required,
} from '../../shared/base/json.ts'
import { asDigest, asMediaType } from '../../shared/oci/descriptor.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'

/**
 * What the metadata store holds; the only place that knows. NAME is a repository, times (`at`) are milliseconds since the
 * epoch, `change` is a text that is another one each time the row is written: a change that expects a row as it was fails
 * when anybody wrote it since, even the same again.
 *
 * ```
 * format                          {"version":1}; written when the store is made, see open-level.ts
 * setting NAME                    any JSON: `setting read-only` true
 *
 * repository NAME                 {"at","change"}: there while the repository holds a manifest
 * manifest NAME DIGEST            {"mediaType","size","at","change","content"?,"subject"?,"artifactType"?,"wasTagged"?}; its bytes
 *                                 are a blob
 * holder DIGEST NAME              true: repositories that hold this manifest
 * tag NAME TAG                    {"digest","at","move"}
 * tagged NAME DIGEST TAG          true: tags of a manifest
 * history NAME TAG MOVE           {"digest"?,"at","by"?,"restores"?}: what the tag was set to by its move of that number, without
 *                                 a digest where it was deleted; twelve digits, without a gap, the last ones only
 * gone NAME DIGEST                {"at"}: a manifest that a tag was set to, and that was removed; as long as a tag's history has it
 * referrer NAME SUBJECT TYPE DIGEST  {"mediaType","size","annotations"?,"isLarge"?}: a manifest with that subject; TYPE is its
 *                                 artifactType or nothing; annotations that are large are in the manifest alone
 *
 * blob DIGEST                     {"size","at"}: it is stored, durably
 * link NAME DIGEST                {"size","at"}: the repository has the blob
 * linked DIGEST NAME              true: repositories that have the blob
 * usage NAME                      {"bytes","countedTo"?,"changes"?}: of the links and manifests of the repository; written with each
 *                                 change of theirs by usage-rows.ts alone. Where they are still being counted: of those whose key is
 *                                 not after `countedTo`, and how often something changed. `setting usage` tells how far that is
 * doomed DIGEST                   true: nobody has the blob any more, and its bytes are to go. Written with the removal of its last row
 * upload ID                       {"name","offset","algorithm","startedAt","at","digest"?}: a session; at least `offset` bytes are
 *                                 durable. With `digest` they may be that blob by now, which no other row tells of yet
 *
 * event NUMBER                    an event as receivers are told of it; a log (log-rows.ts), written with the change it tells of
 * cursor ENDPOINT                 {"number"}: the last event that this receiver has, or is done with
 * again ENDPOINT NUMBER           an event that it is to get once more, before the ones after its cursor
 * dead ENDPOINT NUMBER            {"event","at","reason"}: one that it could not be told; the last ones only
 * refresh HASH                    {"name","stamp","at","until"}: a token that an account's client keeps in place of the password, by its
 *                                 hash; good while the account has this stamp
 * refreshed NAME HASH             true: tokens of an account; NAME is encoded as in an URL
 *
 * forgotten NAME DIGEST           true: a blob or manifest that was removed here while the storage of another registry is taken over,
 *                                 which may have it: it is not taken. `setting adoption` tells how far that is
 * flaw PLACE                      {"place","kind","about"}: what is wrong in that storage; PLACE is encoded as in an URL
 *
 * use NAME DIGEST MANIFEST        true: the manifest refers to the digest; `*` in its place to any. These four are in gc-rows.ts
 * refers NAME MANIFEST            {"blobs","manifests","isUnread"?}: the same the other way round
 * review AT NAME DIGEST           {"change","tries"?,"after"?,"since"?,"isPurge"?}: what happened AT may have freed the digest. `setting gc-state`
 *                                 tells whether it is written down of all manifests what they refer to
 * loose NAME DIGEST               {"at"}: since when nothing refers to the manifest, as far as anybody looked
 *
 * pulled NAME DIGEST              {"at"}: when a client last asked for the manifest, by its digest or a tag; may be a minute late, goes
 *                                 with the manifest. `setting pulls-since`: since when that is noted. These two are in pull-rows.ts
 * in-use REPORTER                 {"digests","at","until"}: what somebody says to run
 * ```
 *
 * Each row that has a mirror (`tagged`, `holder`, `linked`, `referrer`) is written and removed in the same change as that.
 */
export interface RepositoryRow {
  readonly at: number
  readonly change: string
}

export interface ManifestRow {
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  /** When it was pushed first. */
  readonly at: number
  /** Another one whenever it is pushed without a tag, or a tag is set to it for the first time. */
  readonly change: string
  /** Bytes of the blobs that an image names, each once. Unknown of indexes, and of what an earlier version stored. */
  readonly content?: number
  readonly subject?: Digest
  /** As referrers are listed by; only with a subject. */
  readonly artifactType?: string
  /** A tag was set to it at some time. */
  readonly wasTagged?: boolean
}

export interface TagRow {
  readonly digest: Digest
  readonly at: number
  /** The number of its last row of history. */
  readonly move: number
  /** Bytes of the manifest and of all that it names, each once; known where that is no other manifest. */
  readonly size?: number
}

export interface HistoryRow {
  readonly digest?: Digest
  readonly at: number
  /** Who moved it, where that is known. */
  readonly by?: string
  /** The number of the earlier move that this one took back to. */
  readonly restores?: number
}

/** Of a manifest that is no more. */
export interface GoneRow {
  readonly at: number
}

export interface UsageRow {
  readonly bytes: number
  readonly countedTo?: string
  readonly changes?: number
}

export interface ReferrerRow {
  readonly mediaType: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly isLarge?: boolean
}

/** Of a blob, and of a repository's link to it. */
export interface BlobRow {
  /** Bytes. */
  readonly size: number
  readonly at: number
}

export interface UploadRow {
  readonly name: string
  /** Bytes that a client was told to be there. */
  readonly offset: number
  readonly algorithm: DigestAlgorithm
  readonly startedAt: number
  /** When it was last used. */
  readonly at: number
  /** The blob that its bytes were about to become. */
  readonly digest?: Digest
}

/** Of a receiver of events. */
export interface CursorRow {
  readonly number: number
}

/** A dead letter. */
export interface DeadRow {
  readonly event: JsonObject
  /** When it was given up. */
  readonly at: number
  readonly reason: string
}

/** Of a token that stands for a password. */
export interface RefreshRow {
  /** The account. */
  readonly name: string
  /** Of its password then. */
  readonly stamp: string
  readonly at: number
  /** When it is over, unless it is used before. */
  readonly until: number
}

/** Of something in the storage of another registry. */
export interface FlawRow {
  /** Where it lies, as it is written there. */
  readonly place: string
  /** One word, or some with - between them. */
  readonly kind: string
  readonly about: string
}

export const settingRows: RowKind<[name: string], JsonValue> = rowKind('setting', (value) => value)
export const repositoryRows: RowKind<[name: string], RepositoryRow> = rowKind('repository', ofObject(readRepository))
export const manifestRows: RowKind<[name: string, digest: Digest], ManifestRow> = rowKind(
  'manifest',
  ofObject(readManifest),
)
export const holderRows: RowKind<[digest: Digest, name: string], true> = rowKind('holder', asTrue)
export const tagRows: RowKind<[name: string, tag: string], TagRow> = rowKind('tag', ofObject(readTag))
export const taggedRows: RowKind<[name: string, digest: Digest, tag: string], true> = rowKind('tagged', asTrue)
export const historyRows: RowKind<[name: string, tag: string, move: string], HistoryRow> = rowKind(
  'history',
  ofObject(readHistory),
)
export const goneRows: RowKind<[name: string, digest: Digest], GoneRow> = rowKind('gone', ofObject(readGone))
export const referrerRows: RowKind<[name: string, subject: Digest, type: string, digest: Digest], ReferrerRow> =
  rowKind('referrer', ofObject(readReferrer))
export const blobRows: RowKind<[digest: Digest], BlobRow> = rowKind('blob', ofObject(readBlob))
export const linkRows: RowKind<[name: string, digest: Digest], BlobRow> = rowKind('link', ofObject(readBlob))
export const linkedRows: RowKind<[digest: Digest, name: string], true> = rowKind('linked', asTrue)
export const usageRows: RowKind<[name: string], UsageRow> = rowKind('usage', ofObject(readUsage))
export const doomedRows: RowKind<[digest: Digest], true> = rowKind('doomed', asTrue)
export const uploadRows: RowKind<[id: string], UploadRow> = rowKind('upload', ofObject(readUpload))

export const eventRows: RowKind<[number: string], JsonObject> = rowKind('event', asObject)
export const cursorRows: RowKind<[endpoint: string], CursorRow> = rowKind('cursor', ofObject(readCursor))
export const againRows: RowKind<[endpoint: string, number: string], JsonObject> = rowKind('again', asObject)
export const deadRows: RowKind<[endpoint: string, number: string], DeadRow> = rowKind('dead', ofObject(readDead))
export const refreshRows: RowKind<[hash: string], RefreshRow> = rowKind('refresh', ofObject(readRefresh))
export const refreshedRows: RowKind<[name: string, hash: string], true> = rowKind('refreshed', asTrue)

export const forgottenRows: RowKind<[name: string, digest: Digest], true> = rowKind('forgotten', asTrue)
export const flawRows: RowKind<[place: string], FlawRow> = rowKind('flaw', ofObject(readFlaw))

/** The number of a move as it stands in a key. */
export function movePart(move: number): string {
  return String(move).padStart(12, '0')
}

type Reader<Value> = (object: JsonObject, place: JsonPlace) => Value

function ofObject<Value>(read: Reader<Value>): JsonGuard<Value> {
  return (value, place) => read(asObject(value, place), place)
}

/** The value of rows that only are there. */
export function asTrue(value: JsonValue, place: JsonPlace): true {
  return value === true || failAt(place, 'expected true')
}

function asAlgorithm(value: JsonValue, place: JsonPlace): DigestAlgorithm {
  return value === 'sha256' || value === 'sha512' ? value : failAt(place, 'not an algorithm')
}

function readRepository(object: JsonObject, place: JsonPlace): RepositoryRow {
  return {
    at: required(object, 'at', place, asInteger),
    change: required(object, 'change', place, asString),
  }
}

function readManifest(object: JsonObject, place: JsonPlace): ManifestRow {
  return {
    mediaType: required(object, 'mediaType', place, asMediaType),
    size: required(object, 'size', place, asInteger),
    at: required(object, 'at', place, asInteger),
    change: required(object, 'change', place, asString),
    ...definedMembers({
      content: optional(object, 'content', place, asInteger),
      subject: optional(object, 'subject', place, asDigest),
      artifactType: optional(object, 'artifactType', place, asString),
      wasTagged: optional(object, 'wasTagged', place, asBoolean),
    }),
  }
}

function readTag(object: JsonObject, place: JsonPlace): TagRow {
  return {
    digest: required(object, 'digest', place, asDigest),
    at: required(object, 'at', place, asInteger),
    move: required(object, 'move', place, asInteger),
    ...definedMembers({ size: optional(object, 'size', place, asInteger) }),
  }
}

/** The size that a tag has which leads to this manifest. */
export function sizeInTag({ size, content }: Pick<ManifestRow, 'size' | 'content'>): Pick<TagRow, 'size'> {
  return content === undefined ? {} : { size: size + content }
}

function readHistory(object: JsonObject, place: JsonPlace): HistoryRow {
  return {
    at: required(object, 'at', place, asInteger),
    ...definedMembers({
      digest: optional(object, 'digest', place, asDigest),
      by: optional(object, 'by', place, asString),
      restores: optional(object, 'restores', place, asInteger),
    }),
  }
}

function readGone(object: JsonObject, place: JsonPlace): GoneRow {
  return { at: required(object, 'at', place, asInteger) }
}

function readUsage(object: JsonObject, place: JsonPlace): UsageRow {
  return {
    bytes: required(object, 'bytes', place, asInteger),
    ...definedMembers({
      countedTo: optional(object, 'countedTo', place, asString),
      changes: optional(object, 'changes', place, asInteger),
    }),
  }
}

function readReferrer(object: JsonObject, place: JsonPlace): ReferrerRow {
  return {
    mediaType: required(object, 'mediaType', place, asMediaType),
    size: required(object, 'size', place, asInteger),
    ...definedMembers({
      annotations: optional(object, 'annotations', place, asStringMap),
      isLarge: optional(object, 'isLarge', place, asBoolean),
    }),
  }
}

function readBlob(object: JsonObject, place: JsonPlace): BlobRow {
  return { size: required(object, 'size', place, asInteger), at: required(object, 'at', place, asInteger) }
}

function readUpload(object: JsonObject, place: JsonPlace): UploadRow {
  return {
    name: required(object, 'name', place, asString),
    offset: required(object, 'offset', place, asInteger),
    algorithm: required(object, 'algorithm', place, asAlgorithm),
    startedAt: required(object, 'startedAt', place, asInteger),
    at: required(object, 'at', place, asInteger),
    ...definedMembers({ digest: optional(object, 'digest', place, asDigest) }),
  }
}

function readCursor(object: JsonObject, place: JsonPlace): CursorRow {
  return { number: required(object, 'number', place, asInteger) }
}

function readDead(object: JsonObject, place: JsonPlace): DeadRow {
  return {
    event: required(object, 'event', place, asObject),
    at: required(object, 'at', place, asInteger),
    reason: required(object, 'reason', place, asString),
  }
}

function readRefresh(object: JsonObject, place: JsonPlace): RefreshRow {
  return {
    name: required(object, 'name', place, asString),
    stamp: required(object, 'stamp', place, asString),
    at: required(object, 'at', place, asInteger),
    until: required(object, 'until', place, asInteger),
  }
}

function readFlaw(object: JsonObject, place: JsonPlace): FlawRow {
  return {
    place: required(object, 'place', place, asString),
    kind: required(object, 'kind', place, asString),
    about: required(object, 'about', place, asString),
  }
}
