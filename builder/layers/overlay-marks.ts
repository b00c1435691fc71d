import { lgetxattr, llistxattr } from '../../shared/sys/native.ts'
import { byBytes } from './entry.ts'

/** The attribute that makes a directory of an overlay layer opaque, with the value `y`. */
export const opaqueAttribute = 'trusted.overlay.opaque'

/** The same where an unprivileged user mounted it. */
const userOpaqueAttribute = 'user.overlay.opaque'

/** Attributes that belong to the host and its mounts, never to an image. */
const hostAttributes =
  /^(?:trusted\.overlay\.|user\.overlay\.|user\.fuseoverlayfs\.|security\.(?!capability$)|system\.(?!posix_acl_))/

/** The extended attributes of a file of a snapshot. */
export interface SnapshotAttributes {
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  readonly opaque: boolean
}

const none: SnapshotAttributes = { xattrs: new Map(), opaque: false }

/** Reads the attributes of a file itself, those of an image apart from the overlay's own. */
export function snapshotAttributes(path: Buffer): SnapshotAttributes {
  const names = llistxattr(path)
  if (names.length === 0) return none
  const xattrs = new Map<string, Uint8Array>()
  for (const name of names.filter((n) => !hostAttributes.test(n)).sort(byBytes)) {
    const value = lgetxattr(path, name)
    if (value !== undefined) xattrs.set(name, value)
  }
  const opaque = [opaqueAttribute, userOpaqueAttribute].some(
    (name) => names.includes(name) && lgetxattr(path, name)?.toString('latin1') === 'y',
  )
  return { xattrs, opaque }
}
