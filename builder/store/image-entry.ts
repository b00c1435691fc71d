import { closeSync, openSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Digest, hexOf, isDigest } from '../../shared/base/digest.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import type { Layout } from './layout.ts'

/** Largest manifest or config: what registries must accept (OCI distribution-spec). */
export const maxDocumentBytes = 4 * 1024 * 1024

/** An image as its file name in images/ tells: no file needs to be read to find or list one. Both digests are sha256. */
export interface ImageEntry {
  readonly imageID: Digest
  readonly manifest: Digest
}

export function entryFile(layout: Layout, { imageID, manifest }: ImageEntry): string {
  return path.join(layout.images, `${hexOf(imageID)}.${hexOf(manifest)}`)
}

export function listEntries(layout: Layout): ImageEntry[] {
  return namesIn(layout.images).flatMap((name) => {
    const [imageID = '', manifest = ''] = name.split('.').map((hex) => `sha256:${hex}`)
    return isDigest(imageID) && isDigest(manifest) ? [{ imageID, manifest }] : []
  })
}

export function findEntry(layout: Layout, manifest: Digest): ImageEntry | undefined {
  return listEntries(layout).find((entry) => entry.manifest === manifest)
}

export function hasImage(layout: Layout, manifest: Digest): boolean {
  return findEntry(layout, manifest) !== undefined
}

/** Makes the image visible; the caller syncs the folder. */
export function addEntry(layout: Layout, entry: ImageEntry): void {
  closeSync(openSync(entryFile(layout, entry), 'w', 0o644))
}

/** Milliseconds since the epoch; 0 when another process has just removed it. */
export function entryTime(layout: Layout, entry: ImageEntry): number {
  return statSync(entryFile(layout, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
