import { parseDigest } from '../../shared/base/digest.ts'
import { changedReferences, referenceRows, referencesOf } from '../service/references.ts'
import { gcStateKey, readGcState, refersRows, useRows } from '../storage/gc-rows.ts'
import { manifestRows } from '../storage/rows.ts'
import { remove } from './mends.ts'
import type { ReadManifest } from './read-manifest.ts'
import { partsOf, rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** What is written down of the references of a manifest, against what it names. Nothing while that is still being written. */
export async function lookAtReferences(
  { metadata }: FsckContext,
  { key, name }: { readonly key: string; readonly name: string },
  { manifest, facts }: ReadManifest,
): Promise<readonly Found[]> {
  if (readGcState(await metadata.get(gcStateKey)).pass !== 'done') return []
  const { digest } = manifest
  const references = referencesOf(facts)
  const rows = referenceRows(name, digest, references)
  const values = await metadata.getMany(rows.map((row) => row.key))
  if (rows.every((row, i) => row.value === values[i])) return []
  const mend = async (): Promise<boolean> => {
    const before = await metadata.get(refersRows.key(name, digest))
    await metadata.commit(changedReferences(name, { manifest: digest, references, before }))
    return true
  }
  return [{ code: 'references-missing', subject: key, mend }]
}

/** Rows that tell what a manifest refers to that is not there: what they name would stay for ever. */
export async function checkReferences(context: FsckContext): Promise<void> {
  const { metadata } = context
  for (const kind of [refersRows, useRows]) {
    for await (const page of rowPages(metadata, kind.prefix())) {
      const keys = page.map(({ key }) => manifestKey(key))
      const values = await metadata.getMany(keys)
      for (const [i, { key }] of page.entries()) {
        context.step('references of manifests')
        if (values[i] === undefined) await context.inspect(() => lookAtStale(context, key))
      }
    }
  }
}

function manifestKey(key: string): string {
  const parts = partsOf(key)
  return manifestRows.key(parts[0] ?? '', parseDigest(parts.at(-1) ?? ''))
}

async function lookAtStale(context: FsckContext, key: string): Promise<readonly Found[]> {
  const { metadata } = context
  const [own, manifest] = await metadata.getMany([key, manifestKey(key)])
  if (own === undefined || manifest !== undefined) return []
  return [{ code: 'references-stale', subject: key, mend: () => remove(context, [key]) }]
}
