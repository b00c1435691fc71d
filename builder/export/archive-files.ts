import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { mapDiskFull } from '../../shared/cas/disk.ts'
import { decompress } from '../layers/compression.ts'
import { readArchive } from './archive.ts'
import { writeNewFile } from './write-new-file.ts'

/** The files of an image archive or layout by name, whatever holds them. */
export interface ArchiveFiles {
  has(name: string): Promise<boolean>
  /** The whole of a small file. Errors: ARCHIVE_INVALID when it is missing or larger than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Buffer>
  /** Errors: ARCHIVE_INVALID when it is missing. */
  open(name: string): Promise<AsyncIterable<Uint8Array>>
}

/** Links of an archive are followed this often before it counts as a loop. */
const maxLinks = 8

/** An OCI layout that is a folder. Names must be plain: they come from checked digests, or are fixed. */
export function layoutFolder(folder: string): ArchiveFiles {
  return filesOf(async (name) => join(folder, name))
}

/**
 * Unpacks an archive into numbered files in `folder`, so that no name in it can reach anything else. Errors:
 * ARCHIVE_INVALID, ARCHIVE_UNSAFE.
 */
export async function spoolArchive(source: AsyncIterable<Uint8Array>, folder: string): Promise<ArchiveFiles> {
  const files = new Map<string, string>()
  const links = new Map<string, string>()
  for await (const member of readArchive(decompress(source))) {
    if (member.type === 'symlink') links.set(member.name, join('/', member.name, '..', member.linkname ?? '').slice(1))
    if (member.type !== 'file') continue
    const file = join(folder, String(files.size))
    await mapDiskFull(async () => writeNewFile(file, member.content))
    files.set(member.name, file)
  }
  return filesOf(async (name) => {
    let target = name
    for (let i = 0; i < maxLinks && links.has(target); i++) target = links.get(target) ?? target
    return files.get(target)
  })
}

function filesOf(locate: (name: string) => Promise<string | undefined>): ArchiveFiles {
  const existing = async (name: string): Promise<{ file: string; size: number } | undefined> => {
    const file = await locate(name)
    if (file === undefined) return undefined
    try {
      const found = await stat(file)
      return found.isFile() ? { file, size: found.size } : undefined
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
      throw error
    }
  }
  const needed = async (name: string) => {
    const found = await existing(name)
    if (found === undefined) throw new IbuildError('ARCHIVE_INVALID', `the archive has no ${JSON.stringify(name)}`)
    return found
  }
  return {
    has: async (name) => (await existing(name)) !== undefined,
    async read(name, maxBytes) {
      const { file, size } = await needed(name)
      if (size > maxBytes)
        throw new IbuildError('ARCHIVE_INVALID', `${JSON.stringify(name)} is larger than ${maxBytes} bytes`)
      return readFile(file)
    },
    open: async (name) => createReadStream((await needed(name)).file, { highWaterMark: 1 << 20 }),
  }
}
