import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { blobPlace } from '../storage/layout.ts'
import { blobRows, doomedRows, holderRows, type UploadRow, uploadRows } from '../storage/rows.ts'
import { blobFolders } from './blob-folders.ts'
import { rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Milliseconds for which bytes may be here before rows name them, while a server goes on. */
const onTheWay = 600_000
/** Digests that are looked up at a time. */
const piece = 500

/** Files among the blobs against the rows that name them. */
export async function checkFiles(context: FsckContext): Promise<void> {
  const lookAtFile = async (digest: Digest): Promise<readonly Found[]> => {
    const [unnamed] = await unnamedOf(context, [digest], await uploadedDigests(context))
    return unnamed === undefined ? [] : [await foundUnnamed(context, digest)]
  }
  await eachUnnamed(context, 'files', (digest) => context.inspect(() => lookAtFile(digest)))
  for await (const { strange } of blobFolders(context.layout)) {
    for (const path of strange) await context.inspect(() => lookAtStrange(context, path))
  }
}

/** Calls `work` for all bytes that no row names. */
export async function eachUnnamed(
  context: FsckContext,
  phase: string,
  work: (digest: Digest) => Promise<void>,
): Promise<void> {
  const uploaded = await uploadedDigests(context)
  for await (const { digests } of blobFolders(context.layout)) {
    for (let start = 0; start < digests.length; start += piece) {
      const some = digests.slice(start, start + piece)
      for (const _ of some) context.step(phase)
      for (const digest of await unnamedOf(context, some, uploaded)) await work(digest)
    }
  }
}

/** Those that no row names; doomed ones are told of on their own. */
async function unnamedOf(
  context: FsckContext,
  digests: readonly Digest[],
  uploaded: ReadonlySet<string>,
): Promise<readonly Digest[]> {
  const { metadata } = context
  const rows = await metadata.getMany(digests.flatMap((digest) => [blobRows.key(digest), doomedRows.key(digest)]))
  const rest = digests.filter(
    (digest, i) => rows[2 * i] === undefined && rows[2 * i + 1] === undefined && !uploaded.has(digest),
  )
  const unnamed: Digest[] = []
  for (const digest of rest) {
    const holders = await metadata.list({ prefix: holderRows.prefix(digest), limit: 1 })
    if (holders.length === 0 && !(await isOnTheWay(context, digest))) unnamed.push(digest)
  }
  return unnamed
}

async function isOnTheWay({ isOnline, layout }: FsckContext, digest: Digest): Promise<boolean> {
  if (!isOnline) return false
  const found = await stat(blobPlace(layout, digest).file).catch(() => undefined)
  return found === undefined || Date.now() - found.ctimeMs < onTheWay
}

/** What uploads are about to become: there are never more of them than the cap on uploads. */
async function uploadedDigests({ metadata }: FsckContext): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const page of rowPages(metadata, uploadRows.prefix())) {
    for (const { key, value } of page) {
      const digest = readOrNothing<UploadRow>(uploadRows, key, value)?.digest
      if (digest !== undefined) found.add(digest)
    }
  }
  return found
}

async function foundUnnamed(context: FsckContext, digest: Digest): Promise<Found> {
  const mend = async (): Promise<boolean> => {
    if (context.left('manifest-unnamed') > 0) return false
    await context.aside.blob(digest, 'unnamed')
    return true
  }
  return { code: 'bytes-unnamed', subject: digest, mend }
}

async function lookAtStrange({ aside }: FsckContext, path: string): Promise<readonly Found[]> {
  const mend = async (): Promise<boolean> => {
    await aside.file(path, `misplaced-${basename(path).slice(0, 100)}`)
    return true
  }
  return [{ code: 'file-misplaced', subject: path, mend }]
}
