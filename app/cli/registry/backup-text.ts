import type { BackupManifest } from '../../../registry/backup/manifest.ts'
import { formatSize } from '../sizes.ts'

/** What a backup has, for people; `blobs` are those that are whole. */
export function contentText(manifest: BackupManifest, blobs: BackupManifest['blobs']): string {
  const { files, databases } = manifest
  const rows = databases.reduce((sum, { rows: own }) => sum + own, manifest.rows)
  return `${rows} rows, ${files.length} files, ${blobs.count} blobs of ${formatSize(blobs.bytes)}`
}

/** A manifest for programs; the lists of its parts are for a restore alone. */
export function contentJson({ at, by, rows, databases, files }: BackupManifest): object {
  const others = Object.fromEntries(databases.map(({ name, rows: own }) => [name, own]))
  return { at, by, rows, databases: others, files: files.map(({ path }) => path) }
}
