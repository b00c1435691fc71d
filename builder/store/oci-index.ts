import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { shortName } from '../../shared/base/reference.ts'
import { replaceFileSync } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { StoreContext } from './context.ts'
import type { Layout } from './layout.ts'

export interface TagDescriptor {
  readonly name: string
  readonly descriptor: Descriptor
}

/**
 * Derives index.json of the OCI layout from the tags. Under a lock, so that of several processes the last writes what all
 * of them did. It is not synced: nothing of ours reads it.
 */
export async function writeOciIndex(context: StoreContext, list: () => readonly TagDescriptor[]): Promise<void> {
  const { layout, temps } = context
  const lock = await lockExclusive(path.join(layout.locks, 'index'))
  try {
    replaceFileSync(layout.ociIndexFile, temps.name('index'), deriveOciIndex(list()))
  } finally {
    lock.release()
  }
}

function deriveOciIndex(tags: readonly TagDescriptor[]): Buffer {
  return serializeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: tags.map(annotate) })
}

/** True when index.json does not say what the tags say. Reads both. */
export function isOciIndexWrong({ ociIndexFile }: Layout, tags: readonly TagDescriptor[]): boolean {
  if (!existsSync(ociIndexFile)) return tags.length > 0
  return !readFileSync(ociIndexFile).equals(deriveOciIndex(tags))
}

/**
 * True when a process seems to have been killed after it changed a tag and before it wrote index.json: every change of a
 * tag changes the time of their folder, and index.json is written after that. Costs two look-ups, and misses a change in
 * the same tick of the clock as the one before.
 */
export function isOciIndexStale({ tags, ociIndexFile }: Layout): boolean {
  const written = statSync(ociIndexFile, { bigint: true, throwIfNoEntry: false })?.mtimeNs
  return written === undefined || statSync(tags, { bigint: true }).mtimeNs > written
}

/** The short name is what `oci:FOLDER:NAME` finds (image-spec annotations.md); containerd looks for the full one. */
function annotate({ name, descriptor }: TagDescriptor): Descriptor {
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': shortName(name),
  }
  return { ...descriptor, annotations }
}
