import type { Digest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import { createSlots } from '../../shared/base/slots.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { TreeFlaw } from './flaw.ts'
import type { Tree } from './tree.ts'

/** Which manifests of a repository of the tree refer to which, for listings of referrers. */
export interface Subjects {
  /** Digests of manifests whose subject it is, in no order. */
  referrers(name: RepositoryName, subject: Digest): Promise<readonly Digest[]>
}

type BySubject = ReadonlyMap<Digest, readonly Digest[]>

/** Referrers that are remembered, of all repositories together; about 20 MB. */
const remembered = 100_000

/**
 * A tree has no list of referrers: all manifests of the repository are read when it is asked for the first time, one repository
 * at a time. What was found is kept, as nobody writes to the tree.
 */
export function createSubjects(tree: Tree): Subjects {
  const known = new Recent<RepositoryName, BySubject>(remembered, (found) => found.size * 2 + 1)
  const inTurn = createSlots(1)
  const find = (name: RepositoryName): Promise<BySubject> =>
    inTurn(async () => {
      const found = known.get(name) ?? (await readSubjects(tree, name))
      known.set(name, found)
      return found
    })
  return {
    referrers: async (name, subject) => (known.get(name) ?? (await find(name))).get(subject) ?? [],
  }
}

async function readSubjects(tree: Tree, name: RepositoryName): Promise<BySubject> {
  const found = new Map<Digest, Digest[]>()
  for await (const digest of tree.digests(name, 'manifest')) {
    const subject = await subjectOf(tree, name, digest)
    if (subject !== undefined) found.set(subject, [...(found.get(subject) ?? []), digest])
  }
  return found
}

async function subjectOf(tree: Tree, name: RepositoryName, digest: Digest): Promise<Digest | undefined> {
  try {
    const manifest = await tree.manifest(name, digest)
    return manifest && parseManifest(manifest.bytes, manifest.mediaType).subject?.digest
  } catch (error) {
    if (error instanceof TreeFlaw || error instanceof RegistryError) return undefined
    throw error
  }
}
