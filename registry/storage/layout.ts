import { join } from 'node:path'
import { algorithmOf, type Digest, hexOf } from '../../shared/base/digest.ts'

/**
 * What a registry keeps below the data folder:
 *
 * ```
 * ROOT/registry/
 *   blobs/ALGORITHM/AB/HEX      a blob; AB are the first two digits of HEX. Whole, verified and synced before it has this name
 *   uploads/BOOT/UUID           the bytes of an upload, below the boot of the machine in which they were last written: of an
 *                               earlier boot only what was synced is trusted. Only the owner of the folder may look at them
 *   aside/ALGORITHM-HEX.TIME    blobs that were found corrupt; nothing reads them again
 *   metadata/                   which repository has what, tags, upload sessions (see rows.ts): an embedded database, and
 *                               `ballast`, a file that is given back when the disk is full
 *   tls/                        the CA and the certificate that a server made itself, with their keys, for the owner alone
 *   htpasswd                    accounts, for the owner alone, unless the configuration names another file
 *   token-keys/                 keys that sign tokens and addresses of uploads, for the owner alone
 *   admin.sock                  where the process that has the database open answers other commands
 * ```
 *
 * Nothing is named after a repository or a tag: these are rows of the metadata.
 */
export interface RegistryLayout {
  readonly folder: string
  readonly blobs: string
  readonly uploads: string
  readonly aside: string
  readonly metadata: string
  readonly adminSocket: string
  readonly htpasswd: string
  readonly tokenKeys: string
}

export function registryLayout(root: string): RegistryLayout {
  const folder = join(root, 'registry')
  const at = (name: string): string => join(folder, name)
  return {
    folder,
    blobs: at('blobs'),
    uploads: at('uploads'),
    aside: at('aside'),
    metadata: at('metadata'),
    adminSocket: at('admin.sock'),
    htpasswd: at('htpasswd'),
    tokenKeys: at('token-keys'),
  }
}

/** The folder and the name of a blob. */
export function blobPlace(
  { blobs }: RegistryLayout,
  digest: Digest,
): { readonly folder: string; readonly file: string } {
  const hex = hexOf(digest)
  const folder = join(blobs, algorithmOf(digest), hex.slice(0, 2))
  return { folder, file: join(folder, hex) }
}
