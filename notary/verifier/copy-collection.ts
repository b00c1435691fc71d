import { IbuildError } from '../../shared/base/errors.ts'
import { fileProblem } from '../tuf/file-meta.ts'
import { readMetadata, readRoot } from '../tuf/read-metadata.ts'
import { isTargetsRole, parseRole } from '../tuf/role.ts'
import type { FileMeta, Gun, RoleName, TargetsRole } from '../tuf/types.ts'
import { limits } from './limits.ts'
import { memoryTrustCache } from './memory-cache.ts'
import { refreshCollection } from './refresh.ts'
import type { MetadataSource, TrustedCollection } from './types.ts'

/** All files of a collection that clients ask for, whatever they have seen of it. */
export interface CollectionCopy {
  /** From the first that there is to the newest, without gaps. */
  readonly roots: readonly Uint8Array[]
  /** Timestamp, snapshot, and each role that the snapshot lists. */
  readonly files: ReadonlyMap<RoleName, Uint8Array>
  /** Roles that are listed but that no client takes, and why. */
  readonly unusable: ReadonlyMap<TargetsRole, Error>
}

export interface CopyOptions {
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  readonly signal?: AbortSignal | undefined
}

const deadline = 600_000

/**
 * Takes a whole collection from where it is served, verified as by a client that knew the first of its roots: each root by the one before it,
 * and all else by the newest. Errors: `TRUST_*`; the signal's reason.
 */
export async function copyCollection(
  gun: Gun,
  source: MetadataSource,
  { now, signal = new AbortController().signal }: CopyOptions = {},
): Promise<CollectionCopy> {
  const taken = new Map<string, Uint8Array>()
  const oldest = await oldestRoot(gun, source, signal)
  const fetch: MetadataSource['fetch'] = async (_, asked, terms) => {
    const name = asked === 'root.json' ? rootName(oldest) : asked
    const bytes = taken.get(name) ?? (await source.fetch(gun, name, terms))
    if (bytes !== undefined) taken.set(name, bytes)
    return bytes
  }
  const first = await fetch(gun, rootName(oldest), { most: limits.root, signal })
  const seen = await refreshCollection(gun, {
    source: { fetch },
    cache: memoryTrustCache(),
    pinning: { keys: new Map([[gun, rootKeysIn(first)]]), authorities: new Map(), allowsFirstUse: false },
    unreachable: 'refuse',
    deadline,
    now,
    signal,
  })
  const files = new Map<RoleName, Uint8Array>([
    ['timestamp', seen.timestamp.bytes],
    ['snapshot', seen.snapshot.bytes],
  ])
  for (const [role, meta] of seen.snapshot.signed.meta) {
    if (!isTargetsRole(role)) continue
    const name = fileName(role, meta)
    const bytes = taken.get(name) ?? (await source.fetch(gun, name, { most: mostOf(gun, role, meta), signal }))
    files.set(role, promisedFile(gun, role, { bytes, meta }))
  }
  return { roots: rootsIn(taken, oldest, seen), files, unusable: seen.unusable }
}

/** Pinned, as by clients that know it: its certificates may be over their time by now. */
function rootKeysIn(bytes: Uint8Array | undefined): readonly string[] {
  try {
    return bytes === undefined ? [] : readRoot(bytes).signed.roles.root.keyIDs
  } catch {
    return []
  }
}

/** Serves a copy. */
export function sourceOfCopy({ roots, files }: Pick<CollectionCopy, 'roots' | 'files'>): MetadataSource {
  const oldest = roots[0] === undefined ? 1 : (versionIn(roots[0]) ?? 1)
  return {
    fetch: async (_, name) => {
      const root = /^([1-9]\d{0,15})\.root\.json$/.exec(name)
      if (root !== null) return roots[Number(root[1]) - oldest]
      if (name === 'root.json') return roots.at(-1)
      return files.get(parseRole(name.replace(/(?:\.[0-9a-f]{64})?\.json$/, '')))
    },
  }
}

/** The version of the oldest root from which there are all to the newest: the first that was published need not be 1. */
async function oldestRoot(gun: Gun, source: MetadataSource, signal: AbortSignal): Promise<number> {
  const terms = { most: limits.root, signal }
  const bytes = await source.fetch(gun, 'root.json', terms)
  if (bytes === undefined)
    throw new IbuildError('TRUST_NO_DATA', `${gun}: the trust server has no collection of this name`)
  const newest = versionIn(bytes) ?? 1
  let oldest = newest
  while (oldest > 1 && newest - oldest < limits.roots) {
    if ((await source.fetch(gun, rootName(oldest - 1), terms)) === undefined) break
    oldest -= 1
  }
  return oldest
}

function rootsIn(
  taken: ReadonlyMap<string, Uint8Array>,
  oldest: number,
  { root, gun }: TrustedCollection,
): Uint8Array[] {
  return Array.from({ length: root.signed.version - oldest + 1 }, (_, i) => {
    const name = rootName(oldest + i)
    const bytes = taken.get(name)
    const version = bytes === undefined ? undefined : versionIn(bytes)
    if (bytes !== undefined && version === oldest + i) return bytes
    throw mismatch(gun, `${name} ${version === undefined ? 'is missing' : `has version ${version} in it`}`)
  })
}

/** Undefined for a file that cannot be read. */
function versionIn(bytes: Uint8Array): number | undefined {
  try {
    return readRoot(bytes).signed.version
  } catch {
    return undefined
  }
}

/** What no client takes is held against its promise alone. */
function promisedFile(
  gun: Gun,
  role: TargetsRole,
  { bytes, meta }: { readonly bytes: Uint8Array | undefined; readonly meta: FileMeta },
): Uint8Array {
  const problem = bytes === undefined ? 'it is missing' : fileProblem(bytes, meta)
  if (bytes === undefined || problem !== undefined)
    throw mismatch(gun, `${role} is not what the snapshot promises: ${problem}`)
  readMetadata(role, bytes)
  return bytes
}

function mostOf(gun: Gun, role: TargetsRole, { length }: FileMeta): number {
  if (length <= limits.targets) return length
  throw mismatch(gun, `${role} has ${length} bytes, more than the ${limits.targets} that are taken`)
}

function mismatch(gun: Gun, problem: string): IbuildError {
  return new IbuildError('TRUST_MISMATCH', `${gun}: ${problem}`)
}

function rootName(version: number): string {
  return `${version}.root.json`
}

function fileName(role: RoleName, { sha256 }: FileMeta): string {
  return `${role}.${sha256.toString('hex')}.json`
}
