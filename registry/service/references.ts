import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import { anyDigest, looseRows, type ReferencesRow, refersRows, useRows } from '../storage/gc-rows.ts'

/** What a manifest keeps in its repository, whether it is there or not. Its subject is not among it. */
export function referencesOf({ blobs, manifests, pinned }: ManifestFacts): ReferencesRow {
  return {
    blobs: unique([...blobs.map(({ digest }) => digest), ...pinned]),
    manifests: unique([...manifests.map(({ digest }) => digest), ...pinned]),
  }
}

/** All digests among the references, each once. */
export function referredDigests({ blobs, manifests }: ReferencesRow): readonly Digest[] {
  return unique([...blobs, ...manifests])
}

/** The rows that tell of the references of a manifest. */
export function referenceRows(name: string, manifest: Digest, references: ReferencesRow): Row[] {
  return [
    refersRows.row([name, manifest], references),
    ...usedDigests(references).map((digest) => useRows.row([name, digest, manifest], true)),
  ]
}

/** The keys of these rows, as far as is known. `value` is that of the `refers` row; one that there is not, or that is damaged, tells of none. */
function referenceKeys(name: string, manifest: Digest, value: string | undefined): string[] {
  const references = readReferences(name, manifest, value)
  if (references === undefined) return value === undefined ? [] : [refersRows.key(name, manifest)]
  return [
    refersRows.key(name, manifest),
    ...usedDigests(references).map((digest) => useRows.key(name, digest, manifest)),
  ]
}

/** The rows of what a manifest that goes referred to, which go with it. */
export async function withoutReferences(metadata: RowStore, name: string, manifest: Digest): Promise<Change> {
  const key = refersRows.key(name, manifest)
  const value = await metadata.get(key)
  const references = readReferences(name, manifest, value)
  const at = Date.now()
  return {
    put: (references?.manifests ?? []).map((digest) => looseRows.row([name, digest], { at })),
    remove: referenceKeys(name, manifest, value),
    expect: [{ key, value }],
  }
}

/** Writes down what a manifest refers to; `before` is its `refers` row as it was. */
export function changedReferences(name: string, { manifest, references, before }: ReferencesChange): Change {
  return {
    put: referenceRows(name, manifest, references),
    remove: referenceKeys(name, manifest, before),
    expect: [{ key: refersRows.key(name, manifest), value: before }],
  }
}

interface ReferencesChange {
  readonly manifest: Digest
  readonly references: ReferencesRow
  readonly before: string | undefined
}

/** True when it is written down what a manifest refers to, and was read when it was. */
export function areReferencesKnown(name: string, manifest: Digest, value: string | undefined): boolean {
  const references = readReferences(name, manifest, value)
  return references !== undefined && references.isUnread !== true
}

/** Undefined for a manifest of which nobody wrote down what it refers to. */
export function readReferences(name: string, manifest: Digest, value: string | undefined): ReferencesRow | undefined {
  return value === undefined
    ? undefined
    : readOrNothing<ReferencesRow>(refersRows, refersRows.key(name, manifest), value)
}

function usedDigests(references: ReferencesRow): readonly (Digest | typeof anyDigest)[] {
  return references.isUnread === true ? [anyDigest] : referredDigests(references)
}

function unique(digests: readonly Digest[]): Digest[] {
  return [...new Set(digests)]
}
