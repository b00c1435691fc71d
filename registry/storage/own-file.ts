import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { mapDiskFull } from '../../shared/cas/disk.ts'
import type { Files, OpenFile } from './files.ts'

export interface OwnFileOptions {
  readonly files: Files
  readonly isSynced: boolean
  /** Names of files that nobody may take for left over. */
  readonly putting: Set<string>
}

const piece = 1024 * 1024

/**
 * The file of an upload, to be written to. One that is a blob as well, because a process was killed after it had given it that
 * name and before it took the other away, gives way to a copy: somebody may have the blob by now, which must not change.
 */
export async function ownFile(path: string, file: OpenFile, options: OwnFileOptions): Promise<OpenFile> {
  if (!file.look().isShared) return file
  const { files, putting } = options
  const name = temporaryName()
  putting.add(name)
  const copied = join(dirname(path), name)
  try {
    const copy = await mapDiskFull(async () => copyTo(copied, file, options))
    await files.rename(copied, path)
    return copy
  } catch (error) {
    await files.remove(copied).catch(() => false)
    throw error
  } finally {
    putting.delete(name)
    await file.close()
  }
}

/** A name that no upload has: their IDs are UUIDs. */
export function temporaryName(): string {
  return `put-${randomBytes(12).toString('hex')}`
}

async function copyTo(path: string, from: OpenFile, { files, isSynced }: OwnFileOptions): Promise<OpenFile> {
  const to = await files.open(path, 'create')
  if (to === undefined) throw new Error(`no folder for ${path}`)
  try {
    await copyBytes(from, to)
    if (isSynced) await to.sync()
    return to
  } catch (error) {
    await to.close()
    throw error
  }
}

async function copyBytes(from: OpenFile, to: OpenFile): Promise<void> {
  const buffer = new Uint8Array(piece)
  for (let position = 0; ; ) {
    const count = await from.read(buffer, position)
    if (count === 0) return
    for (let done = 0; done < count; ) done += await to.write(buffer.subarray(done, count), position + done)
    position += count
  }
}
