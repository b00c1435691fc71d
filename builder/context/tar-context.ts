import { IbuildError } from '../../shared/base/errors.ts'
import { type OpenArchive, spoolArchive } from './archive.ts'
import { ArchiveTree } from './archive-tree.ts'
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
  const archive = await spoolArchive(source, options.temporary)
  try {
    return treeOf(archive, options.temporary)
  } catch (error) {
    archive.close()
    throw error
  }
}

function treeOf(archive: OpenArchive, temporary: string): BuildContext {
  if (archive.length === 0) throw new IbuildError('CONTEXT_INVALID', 'the archive with the build context is empty')
  const tree = new ArchiveTree(archive, temporary)
  try {
    for (const member of archive.members) tree.add(member)
    return tree
  } catch (error) {
    tree.close()
    throw error
  }
}
