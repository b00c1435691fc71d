import { IbuildError } from '../../shared/base/errors.ts'
import { resolvePath } from './resolve.ts'
import type { FileTree } from './tree.ts'

/**
 * The content of a small file such as /etc/passwd, links followed inside the root; undefined when there is no such file.
 * LAYER_INVALID when it is larger than `maxBytes`.
 */
export async function readSmallFile(tree: FileTree, path: string, maxBytes: number): Promise<Buffer | undefined> {
  const { path: real, entry } = resolvePath(tree, path, { followLast: true })
  if (entry?.type !== 'file') return undefined
  if (entry.size > maxBytes) {
    throw new IbuildError('LAYER_INVALID', `${JSON.stringify(path)} has ${entry.size} bytes, more than ${maxBytes}`)
  }
  const pieces: Uint8Array[] = []
  for await (const piece of tree.open(real)) pieces.push(piece)
  return Buffer.concat(pieces)
}
