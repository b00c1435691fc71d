import { algorithmOf, type Digest, digestOf, isDigest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type Change, ChangeConflict, type Row } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import { readBlob } from '../service/manifest-bytes.ts'
import type { ServiceParts } from '../service/parts.ts'
import { readReferences as knownReferences, referenceRows, referencesOf } from '../service/references.ts'
import { reviewRow } from '../service/review-changes.ts'
import {
  type GcState,
  gcStateKey,
  gcStateRow,
  looseRows,
  type ReferencesRow,
  readGcState,
  refersRows,
} from '../storage/gc-rows.ts'
import { linkRows, type ManifestRow, manifestRows, taggedRows } from '../storage/rows.ts'
import { keeperOfContent } from './keepers.ts'

type Parts = Pick<ServiceParts, 'driver' | 'metadata' | 'now'>

/** Rows that are looked at before it is written down how far that went. */
const pageSize = 100

/** How far it is: nothing may be removed before it is done. */
export async function gcStateOf({ metadata }: Pick<Parts, 'metadata'>): Promise<GcState> {
  return readGcState(await metadata.get(gcStateKey))
}

/**
 * Goes on for one page with what has to be written down of a registry of format version 1. Pushes and pulls go on meanwhile, and
 * a process that is killed goes on where it was. Resolves with how far it is then.
 */
export async function prepareMore(parts: Parts): Promise<GcState['pass']> {
  const { metadata } = parts
  const state = await gcStateOf(parts)
  const { pass, after, isWhole } = state
  if (pass === 'done' || pass === 'held') return pass
  const kind = pass === 'manifests' ? manifestRows : linkRows
  const rows = await metadata.list({ prefix: kind.prefix(), limit: pageSize, ...(after !== undefined && { after }) })
  for (const row of rows) await (pass === 'manifests' ? prepareManifest(parts, row, isWhole) : prepareLink(parts, row))
  const last = rows.length < pageSize ? undefined : rows.at(-1)?.key
  const next: GcState = last === undefined ? nextState(pass) : { ...state, after: last }
  // What came before is in the log before it: the last row of all is synced, and they with it.
  await metadata.commit({ put: [gcStateRow(next)], isMinor: next.pass !== 'done' })
  return next.pass
}

function nextState(pass: 'manifests' | 'links'): GcState {
  return { pass: pass === 'manifests' ? 'links' : 'done' }
}

async function prepareManifest(parts: Parts, { key }: Row, isWhole = false): Promise<void> {
  const [, name = '', digest = ''] = key.split(' ')
  if (!isDigest(digest)) return
  for (let isDone = false; !isDone; ) isDone = await tryToPrepare(parts, name, { digest, isWhole })
}

/** False when somebody else wrote meanwhile. */
async function tryToPrepare(
  parts: Parts,
  name: string,
  { digest, isWhole }: { readonly digest: Digest; readonly isWhole: boolean },
): Promise<boolean> {
  const { metadata, now } = parts
  const [key, refersKey] = [manifestRows.key(name, digest), refersRows.key(name, digest)]
  const [value, refers] = await metadata.getMany([key, refersKey])
  if (value === undefined || (refers !== undefined && !isWhole)) return true
  const known = knownReferences(name, digest, refers)
  const references =
    known !== undefined && known.isUnread !== true ? known : await readReferences(parts, { key, value, digest })
  const isTagged = (await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: 1 })).length > 0
  const loose = isTagged ? [] : [reviewRow({ name, digest, at: now() }), looseRows.row([name, digest], { at: now() })]
  const change: Change = {
    put: [...referenceRows(name, digest, references), ...loose],
    expect: [
      { key, value },
      { key: refersKey, value: refers },
    ],
    isMinor: true,
  }
  return metadata.commit(change).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ChangeConflict) return false
      throw error
    },
  )
}

/** Of one that cannot be read nobody knows: as long as it is there, its repository keeps all it has. */
async function readReferences(
  { driver }: Parts,
  { key, value, digest }: { readonly key: string; readonly value: string; readonly digest: Digest },
): Promise<ReferencesRow> {
  const unread: ReferencesRow = { blobs: [], manifests: [], isUnread: true }
  const row = readOrNothing<ManifestRow>(manifestRows, key, value)
  const bytes = await readBlob(driver, digest)
  if (row === undefined || bytes === undefined || digestOf(bytes, algorithmOf(digest)) !== digest) return unread
  try {
    return referencesOf(parseManifest(bytes, row.mediaType))
  } catch (error) {
    if (error instanceof RegistryError) return unread
    throw error
  }
}

/** What nothing refers to by now is looked at: whatever freed it did not ask for that. */
async function prepareLink({ metadata, now }: Parts, { key }: Row): Promise<void> {
  const [, name = '', digest = ''] = key.split(' ')
  if (!isDigest(digest) || (await keeperOfContent(metadata, name, digest))?.kind === 'manifest') return
  await metadata.commit({ put: [reviewRow({ name, digest, at: now() })], isMinor: true })
}
