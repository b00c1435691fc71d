import { isIbuildError } from '../../shared/base/errors.ts'
import { fileProblem } from '../tuf/file-meta.ts'
import { readTargets } from '../tuf/read-metadata.ts'
import type { Metadata, Targets, TargetsRole } from '../tuf/types.ts'
import { limits } from '../verifier/limits.ts'
import type { MetadataSource, TrustedCollection } from '../verifier/types.ts'

/**
 * Files of delegations that are listed but not believed, because they are over their time or too few keys signed them: those who have
 * the keys may want to sign just that again. They are what the snapshot promises; others, and those that are too large, are left out. Errors: TRUST_UNREACHABLE.
 */
export async function unusableFiles(
  collection: TrustedCollection,
  { source, signal }: { readonly source: MetadataSource; readonly signal: AbortSignal },
): Promise<ReadonlyMap<TargetsRole, Metadata<Targets>>> {
  const files = new Map<TargetsRole, Metadata<Targets>>()
  for (const role of collection.unusable.keys()) {
    const meta = collection.snapshot.signed.meta.get(role)
    if (meta === undefined || meta.length > limits.targets) continue
    const name = `${role}.${meta.sha256.toString('hex')}.json`
    const bytes = await source.fetch(collection.gun, name, { most: meta.length, signal })
    const file = bytes === undefined || fileProblem(bytes, meta) !== undefined ? undefined : readable(bytes, role)
    if (file !== undefined) files.set(role, file)
  }
  return files
}

function readable(bytes: Uint8Array, role: TargetsRole): Metadata<Targets> | undefined {
  try {
    return readTargets(bytes, role)
  } catch (error) {
    if (isIbuildError(error, 'METADATA_INVALID')) return undefined
    throw error
  }
}
