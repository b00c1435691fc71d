import { IbuildError } from '../../shared/base/errors.ts'
import type { Caller } from '../store/collection-types.ts'
import type { CollectionState, NewFile, TrustStore } from '../store/types.ts'
import { readMetadata } from '../tuf/read-metadata.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import type { CollectionCopy } from '../verifier/copy-collection.ts'
import type { LiveCollections } from './live-collections.ts'
import { hashesOf } from './read-upload.ts'
import type { Adoption } from './types.ts'

export interface Adopted {
  readonly adoption: Adoption
  /** Undefined when nothing was changed. */
  readonly state: CollectionState | undefined
}

interface AdoptionPlace {
  readonly store: TrustStore
  readonly live: LiveCollections
  readonly by: Caller
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Stores of a copy, which was verified, what is not here. One call for a collection at a time: whoever calls sees to that. Errors:
 * TRUST_CONFLICT when what is here is another collection.
 */
export async function adoptInto(
  gun: Gun,
  copy: CollectionCopy,
  { store, live, by, at }: AdoptionPlace,
): Promise<Adopted> {
  const before = await live.state(gun)
  const { adoption, files, dropped } = await planAdoption(gun, copy, { before, live })
  if (adoption.kind !== 'imported') return { adoption, state: undefined }
  const { version = 0, sha256 = '' } = files.find(({ role }) => role === 'timestamp') ?? {}
  const audit = { action: 'import', by } as const
  const state = await store.publish(gun, { before, files, dropped, version, sha256, at, audit })
  live.published(state, files, new Map())
  return { adoption, state }
}

/** What of a copy is to be stored; nothing of one that is here, or was changed here since. */
interface AdoptionPlan {
  readonly adoption: Adoption
  readonly files: readonly NewFile[]
  /** Roles that the collection has no more. */
  readonly dropped: readonly RoleName[]
}

/**
 * Compares a copy of a collection, which was verified, with what is stored. Errors: TRUST_CONFLICT when that is another collection, with
 * other roots or with other files under the same versions.
 */
async function planAdoption(
  gun: Gun,
  copy: CollectionCopy,
  { before, live }: { readonly before: CollectionState | undefined; readonly live: Pick<LiveCollections, 'file'> },
): Promise<AdoptionPlan> {
  const roots = copy.roots.map((bytes) => newFile('root', bytes))
  const others = [...copy.files].map(([role, bytes]) => newFile(role, bytes))
  if (before === undefined) return { adoption: { kind: 'imported' }, files: [...roots, ...others], dropped: [] }
  await requireSameRoots(gun, roots, { before, live })
  const versionHere = (role: RoleName): number => before.files.get(role)?.version ?? 0
  const isNewer = ({ role, version }: NewFile): boolean => version > versionHere(role)
  const newest = [...roots.slice(-1), ...others]
  if (newest.some(({ role, version }) => version < versionHere(role))) {
    const ahead = others.filter((file) => isTargetsRole(file.role) && isNewer(file)).map(({ role }) => role)
    return { adoption: { kind: 'newer', ahead }, files: [], dropped: [] }
  }
  for (const { role, version, sha256 } of others) {
    const here = before.files.get(role)
    if (here?.version === version && here.sha256 !== sha256) throw conflict(gun, `${role} version ${version}`)
  }
  const files = [...roots, ...others].filter(isNewer)
  const dropped = [...before.files.keys()].filter((role) => isTargetsRole(role) && !copy.files.has(role))
  return { adoption: { kind: files.length === 0 ? 'unchanged' : 'imported' }, files, dropped }
}

/** The newest root that both have must be the same. */
async function requireSameRoots(
  gun: Gun,
  roots: readonly NewFile[],
  { before, live }: { readonly before: CollectionState; readonly live: Pick<LiveCollections, 'file'> },
): Promise<void> {
  const version = Math.min(before.files.get('root')?.version ?? 0, roots.at(-1)?.version ?? 0)
  const here = await live.file(gun, { role: 'root', version })
  const there = roots.find((root) => root.version === version)
  if (there === undefined || here?.sha256 !== there.sha256) throw conflict(gun, `root version ${version}`)
}

function conflict(gun: Gun, what: string): IbuildError {
  return new IbuildError(
    'TRUST_CONFLICT',
    `${gun} is there already and is another collection: ${what} is not the same`,
    {
      hint: 'Nothing was changed. Remove the collection here first, if that of the other server is the one that is wanted.',
    },
  )
}

function newFile(role: RoleName, bytes: Uint8Array): NewFile {
  const { version, expires } = readMetadata(role, bytes).signed
  const own = Buffer.from(bytes)
  return { role, version, bytes: own, expires, ...hashesOf(own) }
}
