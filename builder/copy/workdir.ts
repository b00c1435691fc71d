import type { SourceLocation } from '../../shared/base/errors.ts'
import { bytesOf } from '../context/byte-text.ts'
import { resolvePath } from '../layers/resolve.ts'
import type { FileTree } from '../layers/tree.ts'
import { locatedSync } from './located.ts'
import { Staging } from './staging.ts'
import type { CopyMember } from './types.ts'

export interface WorkdirRequest {
  /** Absolute path in the image, as text. */
  readonly path: string
  readonly target: FileTree
  /** Who owns what is created: the current USER. */
  readonly uid: number
  /** Undefined when there is no USER: then a setgid directory gives its group, as mkdir(2) does. */
  readonly gid: number | undefined
  /** Time of what is created, nanoseconds. */
  readonly mtime: bigint
  readonly location: SourceLocation
}

/**
 * The layer of a WORKDIR (1.11 CF06): its directory and the parents that are missing, 0755; nothing when it exists. Errors:
 * COPY_DESTINATION when something that is not a directory is in the way, SYMLINK_LOOP.
 */
export function planWorkdir({ path, target, uid, gid, mtime, location }: WorkdirRequest): readonly CopyMember[] {
  return locatedSync(location, () => {
    const staging = new Staging(target, location)
    const resolved = resolvePath(staging, bytesOf(path), { followLast: true })
    staging.makeDirectories(resolved.path, { mode: 0o755, uid, gid, mtime, exactMode: false })
    return [...staging.members()]
  })
}
