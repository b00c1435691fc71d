import { IbuildError } from '../../shared/base/errors.ts'
import type { ArchiveFiles } from './archive-files.ts'
import type { FoundImages } from './archived-image.ts'
import { dockerImages } from './docker-images.ts'
import { layoutImages } from './layout-images.ts'

/** The images of a docker archive (manifest.json) or an OCI layout (index.json). Errors: ARCHIVE_INVALID, MANIFEST_INVALID, DIGEST_MISMATCH. */
export async function listImages(files: ArchiveFiles): Promise<FoundImages> {
  if (await files.has('manifest.json')) return dockerImages(files)
  if (await files.has('index.json')) return layoutImages(files)
  throw new IbuildError(
    'ARCHIVE_INVALID',
    'neither a docker archive nor an OCI layout: it has no manifest.json and no index.json',
    {
      hint: 'A root filesystem tar is brought in with ibuild import.',
    },
  )
}
