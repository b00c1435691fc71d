import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Index, parseIndex, serializeManifest } from '../../shared/oci/manifest.ts'
import { streamHash } from '../layers/stream-hash.ts'
import type { ArchiveMember } from './archive.ts'
import type { ArchiveImage } from './archive-image.ts'
import { archivedName } from './archived-image.ts'
import { layoutLock, underLayoutLock } from './layout-lock.ts'
import { blobMembers, descriptorsOf, indexOf, layoutVersion, nameKey, refKey } from './layout-members.ts'
import { writeFile } from './write-file.ts'

/**
 * Writes images as an OCI image layout in a folder, which is made when it is missing; to a layout that is there they are
 * added, and their names no longer mean what they meant there. Blobs come first and the index last: a reader sees the old
 * layout or the new. Writers of one layout take turns, so that the images of all are there in the end. Errors: USAGE when
 * the folder holds something else, DISK_FULL, those of reading layers.
 */
export async function writeLayout(dir: string, images: readonly ArchiveImage[], signal?: AbortSignal): Promise<void> {
  await openLayout(dir) // a folder that is no layout is left as it is
  await underLayoutLock(dir, signal, () => addImages(dir, images))
}

async function addImages(dir: string, images: readonly ArchiveImage[]): Promise<void> {
  const before = await openLayout(dir)
  makeFolders(join(dir, 'blobs/sha256'))
  for await (const member of blobMembers(images)) await writeBlob(dir, member)
  await writeFile(join(dir, 'oci-layout'), layoutVersion)
  const manifests = mergeDescriptors(before?.manifests ?? [], images)
  await writeFile(join(dir, 'index.json'), serializeManifest({ ...before, ...indexOf(manifests) }))
}

/** What was there under another name stays. */
function mergeDescriptors(old: readonly Descriptor[], images: readonly ArchiveImage[]): Descriptor[] {
  const names = new Set(images.flatMap((image) => image.names))
  const others = old.flatMap(({ annotations }) => archivedName(annotations?.[nameKey] ?? '') ?? [])
  const added = descriptorsOf(
    images,
    others.filter((name) => !names.has(name)),
  )
  return [...old.filter((each) => !added.some((one) => replaces(one, each))), ...added]
}

/** By its full name, else by its tag, else as the same image without any. */
function replaces(added: Descriptor, old: Descriptor): boolean {
  for (const key of [nameKey, refKey])
    if (old.annotations?.[key] !== undefined) return added.annotations?.[key] === old.annotations[key]
  return added.digest === old.digest
}

/** The index of a layout that is there. */
async function openLayout(dir: string): Promise<Index | undefined> {
  const names = await namesIn(dir)
  if (names.includes('oci-layout') && names.includes('index.json'))
    return parseIndex(parseJson(await readFile(join(dir, 'index.json')), { what: join(dir, 'index.json') }))
  const foreign = names.find(
    (name) => !['oci-layout', 'blobs', layoutLock].includes(name) && !name.endsWith('.partial'),
  )
  if (foreign === undefined) return undefined
  throw new IbuildError('USAGE', `${dir} is not an OCI layout: it holds ${JSON.stringify(foreign)}`, {
    hint: 'Name a layout, or an empty or a new folder.',
  })
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    if (errnoOf(error) === 'ENOTDIR') throw new IbuildError('USAGE', `cannot write ${dir}: it is no folder`)
    throw error
  }
}

/** A blob that is there and whole stays. */
async function writeBlob(dir: string, { name, size, content }: ArchiveMember): Promise<void> {
  const file = join(dir, name)
  if (!(await isWhole(file, size))) await writeFile(file, content)
}

async function isWhole(file: string, size: number): Promise<boolean> {
  try {
    if ((await stat(file)).size !== size) return false
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  const hash = streamHash()
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece)
  return hash.digest() === `sha256:${basename(file)}`
}
