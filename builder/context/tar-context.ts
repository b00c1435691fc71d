import { IbuildError } from '../../shared/base/errors.ts'
import { type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { unsafe } from '../layers/tar/limits.ts'
import { type ArchiveMember, unpackArchive } from './archive.ts'
import { type MemoryMember, memoryTree } from './memory.ts'
import type { BuildContext } from './types.ts'

/**
 * A tar archive, compressed or not, as build context: names, modes and times from its headers, owned by root. Its contents
 * are kept in a file below `temporary` until the context is closed; nothing of it is extracted. An ignore file in it is not
 * applied (1.13 I01): who made the archive chose what is in it. Errors: ARCHIVE_INVALID, ARCHIVE_UNSAFE, CONTEXT_INVALID
 * when it is empty.
 */
export async function openTarContext(
  source: AsyncIterable<Uint8Array>,
  options: { readonly temporary: string },
): Promise<BuildContext> {
  const archive = await unpackArchive(source, options.temporary)
  try {
    if (archive.members.length === 0)
      throw new IbuildError('CONTEXT_INVALID', 'the archive with the build context is empty')
    return memoryTree(treeOf(archive.members).values(), () => archive.close())
  } catch (error) {
    archive.close()
    throw error
  }
}

/** Later members replace earlier ones; a directory that is replaced takes all in it along. */
function treeOf(members: readonly ArchiveMember[]): Map<LayerPath, MemoryMember> {
  const tree = new Map<LayerPath, MemoryMember>()
  const directories = new Set<LayerPath>([''])
  for (const member of members) {
    const { entry } = member
    requireDirectories(parentOf(entry.path), tree, directories)
    const before = tree.get(entry.path)?.entry.type ?? (directories.has(entry.path) ? 'dir' : undefined)
    if (before === 'dir' && entry.type !== 'dir') removeTree(entry.path, tree, directories)
    if (entry.type === 'dir') directories.add(entry.path)
    const owned: LayerEntry = { ...entry, uid: 0, gid: 0 }
    tree.set(entry.path, entry.type === 'hardlink' ? linked(entry, tree) : { ...member, entry: owned })
  }
  return tree
}

function requireDirectories(path: LayerPath, tree: Map<LayerPath, MemoryMember>, directories: Set<LayerPath>): void {
  if (directories.has(path)) return
  const found = tree.get(path)?.entry.type
  if (found !== undefined && found !== 'dir')
    throw unsafe(`the archive puts a file below ${JSON.stringify(path)}, which is no directory`)
  requireDirectories(parentOf(path), tree, directories)
  directories.add(path)
}

function removeTree(path: LayerPath, tree: Map<LayerPath, MemoryMember>, directories: Set<LayerPath>): void {
  if (path === '') throw unsafe('the archive replaces its root')
  const isInside = (other: LayerPath): boolean => other === path || other.startsWith(`${path}/`)
  for (const other of tree.keys()) if (isInside(other)) tree.delete(other)
  for (const other of directories) if (isInside(other)) directories.delete(other)
}

/** A second name of a file that the archive has already. */
function linked(entry: LayerEntry, tree: Map<LayerPath, MemoryMember>): MemoryMember {
  const original = tree.get(entry.linkname)
  if (original === undefined || original.entry.type === 'dir') {
    throw unsafe(
      `the archive links ${JSON.stringify(entry.path)} to ${JSON.stringify(entry.linkname)}, which it has not`,
    )
  }
  const linkGroup = original.linkGroup ?? entry.linkname
  tree.set(entry.linkname, { ...original, linkGroup })
  return { ...original, entry: { ...original.entry, path: entry.path }, linkGroup }
}
