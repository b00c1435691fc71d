import { parseDigest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { type ManifestRow, manifestRows, referrerRows, repositoryRows } from '../storage/rows.ts'
import { inspectRows } from './inspect-rows.ts'
import { remove } from './mends.ts'
import { partsOf } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Referrers that are listed against the manifests that they are. */
export async function checkReferrers(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: referrerRows, phase: 'referrers' }, (key) => lookAtReferrer(context, key))
}

async function lookAtReferrer(context: FsckContext, key: string): Promise<readonly Found[]> {
  const [name = '', subject, type, digest = ''] = partsOf(key)
  const manifestKey = manifestRows.key(name, parseDigest(digest))
  const [own, value] = await context.metadata.getMany([key, manifestKey])
  if (own === undefined) return []
  const row = value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, manifestKey, value)
  if (value !== undefined && row === undefined) return [] // a damaged one, which may tell so when it is written anew
  if (row?.subject === subject && (row?.artifactType ?? '') === type) return []
  return [{ code: 'referrer-stale', subject: key, mend: () => remove(context, [key]) }]
}

/** Repositories that are listed have a manifest. */
export async function checkRepositories(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: repositoryRows, phase: 'repositories' }, (key) => lookAtRepository(context, key))
}

async function lookAtRepository(context: FsckContext, key: string): Promise<readonly Found[]> {
  const { metadata } = context
  const [name = ''] = partsOf(key)
  const manifests = await metadata.list({ prefix: manifestRows.prefix(name), limit: 1 })
  if (manifests.length > 0 || (await metadata.get(key)) === undefined) return []
  return [{ code: 'repository-empty', subject: key, mend: () => remove(context, [key]) }]
}
