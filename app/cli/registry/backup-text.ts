import type { BackupManifest } from '../../../registry/backup/manifest.ts'
import { formatSize } from '../sizes.ts'

/** What a backup has, for people; `blobs` are those that are whole. */
export function contentText({ rows, files }: BackupManifest, blobs: BackupManifest['blobs']): string {
  return `${rows} rows, ${files.length} files, ${blobs.count} blobs of ${formatSize(blobs.bytes)}`
}

/** A manifest for programs; the lists of its parts are for a restore alone. */
export function contentJson({ at, by, rows, files }: BackupManifest): object {
  return { at, by, rows, files: files.map(({ path }) => path) }
}
