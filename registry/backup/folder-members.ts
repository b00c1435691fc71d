import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { entriesIn } from '../storage/entries-in.ts'
import { parseManifestText } from './manifest.ts'
import {
  databaseMemberName,
  fileName,
  headName,
  manifestName,
  memberFolders,
  metadataName,
  parseMemberName,
  type ReadMember,
} from './members.ts'

const pieceSize = 1024 * 1024

/**
 * The members of a backup in a folder, in an order in which a stream could have them; blobs that belong to no backup are
 * among them. Errors: BACKUP_INVALID where no whole backup is, those of reading.
 */
export async function* folderMembers(folder: string): AsyncGenerator<ReadMember> {
  const manifest = parseManifestText(await manifestOf(folder))
  const files = new Set(manifest.files.map(({ digest }) => fileName(digest)))
  const databases = manifest.databases.flatMap(({ name, metadata }) =>
    metadata.map((digest) => databaseMemberName(name, digest)),
  )
  for (const name of [headName, ...manifest.metadata.map(metadataName), ...databases, ...files])
    yield await memberOf(folder, name)
  for await (const name of memberFiles(folder)) {
    if (parseMemberName(name)?.kind === 'blob') yield await memberOf(folder, name)
  }
  yield await memberOf(folder, manifestName)
}

/** Names of all files in the folders of members, in order. */
export async function* memberFiles(folder: string): AsyncGenerator<string> {
  for (const name of memberFolders) yield* filesBelow(folder, name)
}

async function* filesBelow(folder: string, path: string): AsyncGenerator<string> {
  for (const entry of await entriesIn(join(folder, path))) {
    if (entry.isDirectory()) yield* filesBelow(folder, `${path}/${entry.name}`)
    else yield `${path}/${entry.name}`
  }
}

async function manifestOf(folder: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, manifestName))
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '')) throw cause
    throw new IbuildError('BACKUP_INVALID', `there is no whole backup in ${folder}`, {
      hint: 'A backup that broke off has no manifest.json: make it again.',
      cause,
    })
  }
}

async function memberOf(folder: string, name: string): Promise<ReadMember> {
  const file = join(folder, name)
  try {
    const { size } = await stat(file)
    return { name, size, bytes: piecesOf(file) }
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause
    throw new IbuildError('BACKUP_INVALID', `the backup has no ${name}`, { cause })
  }
}

/** Opened when it is read. */
async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(pieceSize)
      const { bytesRead } = await handle.read(bytes, 0, pieceSize)
      if (bytesRead === 0) return
      yield bytes.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}
