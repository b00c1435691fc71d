import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import { entriesIn } from '../storage/entries-in.ts'
import { blobPlace } from '../storage/layout.ts'
import { blobRows, doomedRows, holderRows, linkedRows, type UploadRow, uploadRows } from '../storage/rows.ts'
import { inspectRows } from './inspect-rows.ts'
import { remove } from './mends.ts'
import type { Found, FsckContext } from './types.ts'

/** Open uploads against their bytes, and the reverse; not while clients go on with them. */
export async function checkUploads(context: FsckContext): Promise<void> {
  if (context.isOnline) return
  await inspectRows(context, { kind: uploadRows, phase: 'uploads' }, (key) => lookAtUpload(context, key))
  for (const path of await uploadFiles(context)) {
    context.step('uploads')
    await context.inspect(() => lookAtFile(context, path))
  }
}

/** One for each process that took uploads. */
async function uploadFolders({ layout }: FsckContext): Promise<string[]> {
  return (await entriesIn(layout.uploads)).map(({ name }) => join(layout.uploads, name))
}

async function uploadFiles(context: FsckContext): Promise<string[]> {
  const folders = await uploadFolders(context)
  const names = await Promise.all(
    folders.map(async (path) => (await entriesIn(path)).map(({ name }) => join(path, name))),
  )
  return names.flat()
}

async function lookAtUpload(context: FsckContext, key: string): Promise<readonly Found[]> {
  const { metadata, aside } = context
  const value = await metadata.get(key)
  const row = value === undefined ? undefined : readOrNothing<UploadRow>(uploadRows, key, value)
  if (value === undefined || row === undefined || row.digest !== undefined) return []
  const id = lastPart(key)
  const files = (await uploadFolders(context)).map((folder) => join(folder, id))
  const sizes = await Promise.all(files.map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0))
  const received = Math.max(0, ...sizes)
  if (received >= row.offset) return []
  const mend = async (): Promise<boolean> => {
    await aside.row(key, value)
    for (const path of files) await aside.file(path, `upload-${id}`)
    return remove(context, [key])
  }
  return [{ code: 'upload-bytes-missing', subject: key, detail: `${received} of ${row.offset} bytes`, mend }]
}

async function lookAtFile(context: FsckContext, path: string): Promise<readonly Found[]> {
  const id = path.slice(path.lastIndexOf('/') + 1)
  if (id.startsWith('put-')) return [temporary(path)]
  if ((await context.metadata.get(uploadRows.key(id))) !== undefined) return []
  if ((await stat(path).catch(() => undefined)) === undefined) return []
  const mend = async (): Promise<boolean> => {
    await context.aside.file(path, `upload-${id.slice(0, 100)}`)
    return true
  }
  return [{ code: 'upload-unnamed', subject: path, mend }]
}

/** What is left in the folder of the registry by processes that were killed; not while one of them may be at work. */
export async function checkTemporary(context: FsckContext): Promise<void> {
  if (context.isOnline) return
  for (const { name } of await entriesIn(context.layout.folder)) {
    if (!/^(?:\.admin|probe|doctor)-/.test(name)) continue
    await context.inspect(async () => [temporary(join(context.layout.folder, name))])
  }
}

function temporary(path: string): Found {
  const mend = async (): Promise<boolean> => {
    await rm(path, { recursive: true, force: true })
    return true
  }
  return { code: 'temporary-file', subject: path, mend }
}

/** Removals that were not finished; a server is perhaps about to. What is named again is not removed. */
export async function checkDoomed(context: FsckContext): Promise<void> {
  if (context.isOnline) return
  await inspectRows(context, { kind: doomedRows, phase: 'removals' }, (key) => lookAtDoomed(context, key))
}

async function lookAtDoomed(context: FsckContext, key: string): Promise<readonly Found[]> {
  const { metadata, layout } = context
  const digest = parseDigest(lastPart(key))
  if ((await metadata.get(key)) === undefined) return []
  const mend = async (): Promise<boolean> => {
    if (!(await isNamed(context, digest))) await rm(blobPlace(layout, digest).file, { force: true })
    return remove(context, [key])
  }
  return [{ code: 'doomed', subject: key, mend }]
}

async function isNamed({ metadata }: FsckContext, digest: Digest): Promise<boolean> {
  const row = await metadata.get(blobRows.key(digest))
  const lists = [linkedRows.prefix(digest), holderRows.prefix(digest)].map((prefix) =>
    metadata.list({ prefix, limit: 1 }),
  )
  return row !== undefined || (await Promise.all(lists)).some((rows) => rows.length > 0)
}

/** What was set aside by now. */
export async function checkAside(context: FsckContext): Promise<void> {
  const { aside } = context.layout
  const files = await entriesIn(aside)
  if (files.length === 0) return
  let bytes = 0
  for (const { name } of files) bytes += (await stat(join(aside, name)).catch(() => undefined))?.size ?? 0
  await context.inspect(async () => [
    { code: 'aside', subject: aside, detail: `${files.length} files, ${bytes} bytes` },
  ])
}
