import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'

import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import { type BlobRow, blobRows, holderRows, linkedRows, linkRows } from '../storage/rows.ts'
import { inspectRows } from './inspect-rows.ts'
import { put, remove, setAside } from './mends.ts'
import { partsOf, rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Blobs whose bytes are verified at a time. */
const atOnce = 4

/** Blobs against their bytes. */
export async function checkBlobs(context: FsckContext): Promise<void> {
  for await (const page of rowPages(context.metadata, blobRows.prefix())) {
    await inParallel(page, { atOnce }, async ({ key }) => {
      context.step('blobs')
      await context.inspect(() => lookAtBlob(context, parseDigest(lastPart(key))))
    })
  }
}

async function lookAtBlob(context: FsckContext, digest: Digest): Promise<readonly Found[]> {
  const { metadata, bytes, isDeep } = context
  const key = blobRows.key(digest)
  const value = await metadata.get(key)
  const row = value === undefined ? undefined : readOrNothing<BlobRow>(blobRows, key, value)
  if (row === undefined) return []
  const size = await bytes.size(digest)
  if (size === undefined) return [{ code: 'blob-bytes-missing', subject: digest, ...(await whose(context, digest)) }]
  if (size === row.size && !isDeep) return []
  if (!(await bytes.isIntact(digest))) {
    return [
      {
        code: 'blob-corrupt',
        subject: digest,
        ...(await whose(context, digest)),
        mend: () => setAside(context, digest),
      },
    ]
  }
  if (size === row.size) return []
  return [
    { code: 'blob-row-wrong', subject: key, mend: () => put(context, [blobRows.row([digest], { ...row, size })]) },
  ]
}

/** Some repositories that have the blob. */
async function whose({ metadata }: FsckContext, digest: Digest): Promise<{ readonly detail?: string }> {
  const rows = await metadata.list({ prefix: linkedRows.prefix(digest), limit: 4 })
  if (rows.length === 0) return {}
  const names = rows.slice(0, 3).map(({ key }) => lastPart(key))
  return { detail: `of ${names.join(', ')}${rows.length > 3 ? ' and others' : ''}` }
}

/** Which repository has which blob, against the mirrors of that and the rows of the blobs. */
export async function checkLinks(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: linkRows, phase: 'blobs of repositories' }, (key) => lookAtLink(context, key))
  await inspectRows(context, { kind: linkedRows, phase: 'repositories of blobs' }, (key) => lookAtLinked(context, key))
}

async function lookAtLink(context: FsckContext, key: string): Promise<readonly Found[]> {
  const [name = '', text = ''] = partsOf(key)
  const digest = parseDigest(text)
  const mirror = linkedRows.row([digest, name], true)
  const [own, linked, blob] = await context.metadata.getMany([key, mirror.key, blobRows.key(digest)])
  const row = own === undefined ? undefined : readOrNothing<BlobRow>(linkRows, key, own)
  if (row === undefined) return []
  return [
    ...(linked === undefined
      ? [{ code: 'linked-missing', subject: key, mend: () => put(context, [mirror]) } as const]
      : []),
    ...(await lookAtSize(context, { key, name, digest, row, blob })),
  ]
}

interface Link {
  readonly key: string
  readonly name: string
  readonly digest: Digest
  readonly row: BlobRow
  /** The row of the blob as it is stored. */
  readonly blob: string | undefined
}

async function lookAtSize(context: FsckContext, { key, name, digest, row, blob }: Link): Promise<readonly Found[]> {
  const size = await context.bytes.size(digest)
  if (blob === undefined) {
    if (size === undefined) return [{ code: 'blob-bytes-missing', subject: digest, detail: `of ${name}` }]
    const made = blobRows.row([digest], { size, at: row.at })
    return [{ code: 'blob-row-missing', subject: key, mend: () => put(context, [made]) }]
  }
  const right = readOrNothing<BlobRow>(blobRows, blobRows.key(digest), blob)
  // Bytes of another size than that of their row were told of with the blob.
  if (right === undefined || right.size !== size || row.size === size) return []
  const made = linkRows.row([name, digest], { ...row, size })
  return [{ code: 'blob-row-wrong', subject: key, mend: () => put(context, [made]) }]
}

async function lookAtLinked(context: FsckContext, key: string): Promise<readonly Found[]> {
  const { metadata, bytes } = context
  const [text = '', name = ''] = partsOf(key)
  const digest = parseDigest(text)
  const [own, link] = await metadata.getMany([key, linkRows.key(name, digest)])
  if (own === undefined || link !== undefined) return []
  const size = await bytes.size(digest)
  const mend = async (): Promise<boolean> => {
    if (size === undefined || !(await bytes.isIntact(digest))) return remove(context, [key])
    const row = { size, at: Date.now() }
    return put(context, [linkRows.row([name, digest], row), blobRows.row([digest], row)])
  }
  return [{ code: 'link-missing', subject: key, mend }]
}

/** Blobs that no repository has. Both kinds of rows are in the order of digests, so one walk along both finds them. */
export async function checkUnlinked(context: FsckContext): Promise<void> {
  const linked = digestsOf(context, linkedRows.prefix())
  let next = await linked.next()
  for await (const page of rowPages(context.metadata, blobRows.prefix())) {
    for (const { key } of page) {
      context.step('blobs without a repository')
      const digest = parseDigest(lastPart(key))
      while (next.done !== true && next.value < digest) next = await linked.next()
      if (next.done === true || next.value !== digest) await context.inspect(() => lookAtUnlinked(context, digest))
    }
  }
}

async function* digestsOf({ metadata }: FsckContext, prefix: string): AsyncGenerator<string> {
  for await (const page of rowPages(metadata, prefix)) for (const { key } of page) yield partsOf(key)[0] ?? ''
}

async function lookAtUnlinked(context: FsckContext, digest: Digest): Promise<readonly Found[]> {
  const { metadata, aside } = context
  const key = blobRows.key(digest)
  const others = await metadata.list({ prefix: linkedRows.prefix(digest), limit: 1 })
  if (others.length > 0 || (await metadata.get(key)) === undefined) return []
  const mend = async (): Promise<boolean> => {
    const holders = await metadata.list({ prefix: holderRows.prefix(digest), limit: 1 })
    if (holders.length === 0) await aside.blob(digest, 'unnamed')
    return remove(context, [key])
  }
  return [{ code: 'blob-unlinked', subject: key, mend }]
}
