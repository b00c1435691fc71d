import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { parseName } from '../protocol/names.ts'
import { linkedBlob } from '../service/links.ts'
import { referrerRow } from '../service/referrer-row.ts'
import { newChange } from '../storage/new-change.ts'
import { holderRows, linkedRows, linkRows, type ManifestRow, manifestRows, repositoryRows } from '../storage/rows.ts'
import { lookAtReferences } from './check-references.ts'
import { inspectRows } from './inspect-rows.ts'
import { put, remove, setAside } from './mends.ts'
import { factsOf, type ReadManifest, readManifest } from './read-manifest.ts'
import { manifestRowOf, rebuildManifest } from './rebuild-manifest.ts'
import { partsOf } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Rows that say that a repository holds a manifest, against the row of that. */
export async function checkHolders(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: holderRows, phase: 'manifests of repositories' }, (key) => {
    const [digest = '', name = ''] = partsOf(key)
    return lookAtHolder(context, parseDigest(digest), name)
  })
}

async function lookAtHolder(context: FsckContext, digest: Digest, name: string): Promise<readonly Found[]> {
  const own = holderRows.key(digest, name)
  const [holder, row] = await context.metadata.getMany([own, manifestRows.key(name, digest)])
  if (holder === undefined || row !== undefined) return []
  const read = await readManifest(context, digest)
  if (read !== undefined) {
    return [{ code: 'manifest-row-missing', subject: own, mend: () => rebuildManifest(context, name, read) }]
  }
  return [{ code: 'holder-stale', subject: own, mend: () => remove(context, [own]) }]
}

/** Manifests against their bytes, their mirrors, and what they name. */
export async function checkManifests(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: manifestRows, phase: 'manifests' }, (key) => lookAtManifest(context, key))
}

interface Looked {
  readonly key: string
  readonly name: string
  readonly digest: Digest
  readonly row: ManifestRow
}

async function lookAtManifest(context: FsckContext, key: string): Promise<readonly Found[]> {
  const [name = '', hex = ''] = partsOf(key)
  const value = await context.metadata.get(key)
  const row = value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, key, value)
  if (row === undefined) return []
  const looked: Looked = { key, name, digest: parseDigest(hex), row }
  const mirrors = await lookAtMirrors(context, looked)
  const bytes = await context.bytes.whole(looked.digest)
  if (bytes === 'missing') return [...mirrors, { code: 'manifest-bytes-missing', subject: key }]
  if (bytes === 'corrupt') {
    return [...mirrors, { code: 'manifest-corrupt', subject: key, mend: () => setAside(context, looked.digest) }]
  }
  const read = factsOf(looked.digest, bytes, row.mediaType)
  if (read === undefined) return [...mirrors, { code: 'manifest-unreadable', subject: key }]
  return [
    ...mirrors,
    ...(await lookAtFacts(context, looked, read)),
    ...(await lookAtReferences(context, looked, read)),
    ...(await lookAtNamed(context, looked, read)),
  ]
}

async function lookAtMirrors(context: FsckContext, { key, name, digest, row }: Looked): Promise<Found[]> {
  const rows = [
    { code: 'holder-missing' as const, row: holderRows.row([digest, name], true) },
    { code: 'repository-missing' as const, row: repositoryRows.row([name], { at: row.at, change: newChange() }) },
  ]
  const values = await context.metadata.getMany(rows.map((each) => each.row.key))
  const missing = rows.filter((_, i) => values[i] === undefined)
  return missing.map((each) => ({ code: each.code, subject: key, mend: () => put(context, [each.row]) }))
}

/** The row, and that by which it is a referrer, against the document. */
async function lookAtFacts(context: FsckContext, looked: Looked, read: ReadManifest): Promise<Found[]> {
  const { key, name, digest, row } = looked
  const { facts } = read
  const subject = facts.subject?.digest
  const right = manifestRowOf(row, read)
  const found: Found[] = []
  if (right.size !== row.size || right.subject !== row.subject || right.artifactType !== row.artifactType) {
    const mended = manifestRows.row([name, digest], right)
    found.push({ code: 'manifest-row-wrong', subject: key, mend: () => put(context, [mended]) })
  }
  if (subject === undefined) return found
  const referrer = referrerRow(name, subject, read)
  if ((await context.metadata.get(referrer.key)) === referrer.value) return found
  return [...found, { code: 'referrer-missing', subject: key, mend: () => put(context, [referrer]) }]
}

async function lookAtNamed(context: FsckContext, looked: Looked, { facts }: ReadManifest): Promise<Found[]> {
  const { name } = looked
  const keys = [
    ...facts.blobs.map(({ digest }) => linkRows.key(name, digest)),
    ...facts.manifests.map(({ digest }) => manifestRows.key(name, digest)),
  ]
  const values = await context.metadata.getMany(keys)
  const blobs = facts.blobs.filter((_, i) => values[i] === undefined)
  const children = facts.manifests.filter((_, i) => values[facts.blobs.length + i] === undefined)
  const found: Found[] = []
  for (const blob of blobs) found.push(...(await lookAtUnlinked(context, looked, blob)))
  for (const child of children) found.push(await lookAtChild(context, looked, child))
  return found
}

async function lookAtUnlinked(
  context: FsckContext,
  { key, name }: Looked,
  blob: Descriptor,
): Promise<readonly Found[]> {
  const { metadata, bytes } = context
  const { digest } = blob
  const size = await bytes.size(digest)
  if (size === undefined) return [{ code: 'manifest-blob-missing', subject: key, detail: digest }]
  // Its mirror tells of it, and has the row written anew.
  if ((await metadata.get(linkedRows.key(digest, name))) !== undefined) return []
  const others = await metadata.list({ prefix: linkedRows.prefix(digest), limit: 1 })
  const found: Found = { code: 'manifest-blob-unlinked', subject: key, detail: digest }
  if (others.length > 0 || size !== blob.size) return [found]
  const mend = async (): Promise<boolean> =>
    (await bytes.isIntact(digest)) && put(context, linkedBlob(parseName(name), digest, { size, at: Date.now() }))
  return [{ ...found, mend }]
}

/** An index may be pushed without some of its manifests; one whose bytes are here and nobody's was lost. */
async function lookAtChild(context: FsckContext, { key, name }: Looked, child: Descriptor): Promise<Found> {
  const { digest } = child
  const holders = await context.metadata.list({ prefix: holderRows.prefix(digest), limit: 1 })
  const read = holders.length > 0 ? undefined : await readManifest(context, digest, child.mediaType)
  if (read === undefined) return { code: 'index-child-missing', subject: key, detail: digest }
  const mend = async (): Promise<boolean> => {
    await rebuildManifest(context, name, read)
    await context.inspect(() => lookAtManifest(context, manifestRows.key(name, digest)))
    return true
  }
  return { code: 'manifest-unnamed', subject: digest, detail: `named by ${key}`, mend }
}
