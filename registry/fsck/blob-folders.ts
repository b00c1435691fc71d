import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { entriesIn } from '../storage/entries-in.ts'
import type { RegistryLayout } from '../storage/layout.ts'

/** What lies in one folder of blobs. */
export interface BlobFolder {
  readonly path: string
  readonly digests: readonly Digest[]
  /** Paths of what is no blob. */
  readonly strange: readonly string[]
}

const lengths = { sha256: 64, sha512: 128 } as const

/** The folders of blobs, one at a time in the order of digests: each has the 256th part of them. */
export async function* blobFolders({ blobs }: RegistryLayout): AsyncGenerator<BlobFolder> {
  const algorithms = ['sha256', 'sha512'] as const
  const others = (await entriesIn(blobs)).filter(({ name }) => !algorithms.some((each) => each === name))
  yield { path: blobs, digests: [], strange: others.map(({ name }) => join(blobs, name)) }
  for (const algorithm of algorithms) {
    const folder = join(blobs, algorithm)
    const entries = await entriesIn(folder)
    const isPart = (entry: Dirent): boolean => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name)
    yield {
      path: folder,
      digests: [],
      strange: entries.filter((entry) => !isPart(entry)).map(({ name }) => join(folder, name)),
    }
    for (const { name } of entries.filter(isPart)) yield folderOf(folder, algorithm, name)
  }
}

async function folderOf(above: string, algorithm: keyof typeof lengths, part: string): Promise<BlobFolder> {
  const path = join(above, part)
  const entries = await entriesIn(path)
  const isBlob = (entry: Dirent): boolean =>
    entry.isFile() &&
    entry.name.length === lengths[algorithm] &&
    entry.name.startsWith(part) &&
    /^[0-9a-f]+$/.test(entry.name)
  return {
    path,
    digests: entries.filter(isBlob).map(({ name }) => parseDigest(`${algorithm}:${name}`)),
    strange: entries.filter((entry) => !isBlob(entry)).map(({ name }) => join(path, name)),
  }
}
