import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { anyDigest, useRows } from '../storage/gc-rows.ts'
import { type ManifestRow, manifestRows, taggedRows } from '../storage/rows.ts'

/** What keeps a digest in a repository. */
export type Keeper =
  | { readonly kind: 'tag'; readonly tag: string }
  /** A manifest there that refers to it. */
  | { readonly kind: 'manifest'; readonly digest: Digest }
  /** A manifest there of which nobody knows what it refers to. */
  | { readonly kind: 'unread'; readonly digest: Digest }
  /** It is a referrer of this manifest. */
  | { readonly kind: 'subject'; readonly digest: Digest }
  /** `until` where it is known for how long: milliseconds since the epoch. */
  | { readonly kind: 'root'; readonly source: string; readonly until?: number }

/** The first thing that keeps a manifest in its repository. */
export async function keeperOfManifest(
  metadata: RowStore,
  name: string,
  { digest, row }: { readonly digest: Digest; readonly row: Pick<ManifestRow, 'subject'> },
): Promise<Keeper | undefined> {
  const [tagged] = await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: 1 })
  if (tagged !== undefined) return { kind: 'tag', tag: lastPart(tagged.key) }
  const user = await keeperOfContent(metadata, name, digest)
  if (user !== undefined) return user
  const subject = await subjectThere(metadata, name, row)
  return subject && { kind: 'subject', digest: subject }
}

/** The manifest that one is a referrer of, when it is there. */
async function subjectThere(
  metadata: RowStore,
  name: string,
  { subject }: Pick<ManifestRow, 'subject'>,
): Promise<Digest | undefined> {
  if (subject === undefined) return undefined
  return (await metadata.get(manifestRows.key(name, subject))) === undefined ? undefined : subject
}

/** The same for what may be a manifest. */
export async function subjectOf(metadata: RowStore, name: string, digest: Digest): Promise<Digest | undefined> {
  const key = manifestRows.key(name, digest)
  const value = await metadata.get(key)
  return value === undefined ? undefined : subjectOfRow(metadata, name, { key, value })
}

/** The same of the row of one. */
export async function subjectOfRow(metadata: RowStore, name: string, { key, value }: Row): Promise<Digest | undefined> {
  const row = readOrNothing<ManifestRow>(manifestRows, key, value)
  return row && subjectThere(metadata, name, row)
}

/** The first manifest that refers to a digest in its repository, or may. */
export async function keeperOfContent(metadata: RowStore, name: string, digest: Digest): Promise<Keeper | undefined> {
  const [user] = await metadata.list({ prefix: useRows.prefix(name, digest), limit: 1 })
  if (user !== undefined) return { kind: 'manifest', digest: parseDigest(lastPart(user.key)) }
  const [unread] = await metadata.list({ prefix: useRows.prefix(name, anyDigest), limit: 1 })
  return unread === undefined ? undefined : { kind: 'unread', digest: parseDigest(lastPart(unread.key)) }
}
