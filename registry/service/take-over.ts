import type { Digest } from '../../shared/base/digest.ts'
import { ChangeConflict, type Expectation } from '../../shared/rows/row-store.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import { blobRows, doomedRows, forgottenRows, historyRows, manifestRows, tagRows } from '../storage/rows.ts'
import { type Links, linkedBlob } from './links.ts'
import { createManifestBytes } from './manifest-bytes.ts'
import type { ManifestCaches } from './manifest-caches.ts'
import { carryOut, joinChanges, type ManifestPlan } from './manifest-plan.ts'
import type { ServiceParts } from './parts.ts'
import { planPush } from './push-plan.ts'
import type { StoredManifest } from './stored-manifest.ts'
import { isIntact } from './verify-blob.ts'

/**
 * Takes content over from where another registry kept it. What was pushed or deleted here counts for more: a tag that was ever
 * set here is left as it is, and what was removed with {@link TakeOver.forget} is not taken. Nobody is told of a push. All of it
 * is durable when it resolves, and refused as pushes are.
 */
export interface TakeOver {
  /**
   * Gives the repository a blob whose bytes are a file of others, by a hard link where that can be. `wrong`: the bytes have
   * another digest, and nothing was taken.
   */
  blob(name: RepositoryName, digest: Digest, file: ForeignFile): Promise<TakenBlob>
  /** MANIFEST_INVALID. What it names need not be there. False when it was known, or removed here. */
  manifest(name: RepositoryName, manifest: DatedManifest): Promise<boolean>
  /** Sets a tag to a manifest of the repository, unless it was ever set here or that manifest was removed here: `known`. */
  tag(name: RepositoryName, tag: string, manifest: DatedManifest): Promise<'set' | 'known' | 'no-manifest'>
  /** Notes that a blob or manifest is being removed, which may not be here yet: it is not taken any more. */
  forget(name: RepositoryName, digest: Digest): Promise<void>
  /** Takes {@link TakeOver.forget} back. */
  remember(name: RepositoryName, digest: Digest): Promise<void>
}

/** When it, or a tag of it, was pushed where it comes from; milliseconds since the epoch. */
export interface DatedManifest extends StoredManifest {
  readonly at: number
}

export interface ForeignFile {
  readonly path: string
  /** When the repository got it; milliseconds since the epoch. */
  readonly at: number
  /** Called before each piece that is read to verify it; waits as long as it likes, and may throw to end that. */
  readonly rest?: (() => Promise<void>) | undefined
}

export type TakenBlob = 'known' | 'gone' | 'shared' | 'linked' | 'copied' | 'wrong'

export type TakeOverParts = ServiceParts &
  Parameters<typeof planPush>[0] & { readonly links: Links; readonly caches: ManifestCaches }

export function createTakeOver(parts: TakeOverParts): TakeOver {
  const { driver, metadata, locks, links, guard, space } = parts
  const bytesOf = createManifestBytes(parts)

  /** As it must stay until the change is made. */
  const notGone = async (name: RepositoryName, digest: Digest): Promise<Expectation | undefined> => {
    const key = forgottenRows.key(name, digest)
    return (await metadata.get(key)) === undefined ? { key, value: undefined } : undefined
  }
  /** The bytes, which another repository may have here already. */
  const takeBytes = async (digest: Digest, file: ForeignFile): Promise<TakenBytes | 'wrong'> => {
    const row = await metadata.get(blobRows.key(digest))
    const size = row === undefined ? undefined : blobRows.parse(blobRows.key(digest), row).size
    if (size !== undefined && (await parts.hasBytes(digest, size))) return { how: 'shared', size }
    await space.check(0)
    // Removes the bytes at the next start, unless the rows are written: their change takes this row away.
    await metadata.commit({ put: [doomedRows.row([digest], true)], isMinor: true })
    const { rest } = file
    const how = await driver.adopt(digest, file.path, (reader) =>
      isIntact(digest, rest ? resting(reader, rest) : reader),
    )
    const taken = how === 'refused' ? undefined : await driver.size(digest)
    if (how !== 'refused' && taken !== undefined) return { how, size: taken }
    await rest?.() // it may be what ended the reading
    return 'wrong'
  }
  const takeBlob: TakeOver['blob'] = async (name, digest, file) => {
    const known = await links.size(name, digest)
    if (known !== undefined && (await parts.hasBytes(digest, known))) return 'known'
    const expectation = await notGone(name, digest)
    if (expectation === undefined) return 'gone'
    const bytes = await takeBytes(digest, file)
    if (bytes === 'wrong') return bytes
    const { size, how } = bytes
    const put = linkedBlob(name, digest, { size, at: file.at })
    try {
      await metadata.commit({ put, remove: [doomedRows.key(digest)], expect: [expectation] })
    } catch (error) {
      if (error instanceof ChangeConflict) return 'gone'
      throw error
    }
    links.added(name, digest, size)
    return how
  }
  /** Undefined when the manifest was removed here. */
  const planManifest = async (
    name: RepositoryName,
    manifest: StoredManifest,
    { at, tags }: { readonly at: number; readonly tags: readonly string[] },
  ): Promise<ManifestPlan | undefined> => {
    const expectation = await notGone(name, manifest.digest)
    if (expectation === undefined) return undefined
    const facts = parseManifest(manifest.bytes, manifest.mediaType)
    const push = { name, manifest, facts, tags, sparse: 'accept', at, ref: { digest: manifest.digest } } as const
    const plan = await planPush(parts, push)
    return plan.change && { ...plan, change: joinChanges([plan.change, { expect: [expectation] }]) }
  }
  const nothing = (name: RepositoryName): ManifestPlan => ({ change: undefined, effects: { name, tags: [] } })
  const wasTagged = async (name: RepositoryName, tag: string): Promise<boolean> =>
    (await metadata.get(tagRows.key(name, tag))) !== undefined ||
    (await metadata.list({ prefix: historyRows.prefix(name, tag), limit: 1 })).length > 0

  return {
    blob: async (name, digest, file) => {
      guard()
      return locks.run(digest, () => takeBlob(name, digest, file))
    },
    manifest: async (name, { at, ...manifest }) => {
      guard()
      const { digest, bytes } = manifest
      const key = manifestRows.key(name, digest)
      const decide = async (): Promise<ManifestPlan> =>
        (await planManifest(name, manifest, { at, tags: [] })) ?? nothing(name)
      return locks.run(digest, async () => {
        if ((await metadata.get(key)) !== undefined) return false
        const first = await decide()
        if (first.change === undefined) return false
        await space.check(bytes.byteLength)
        await bytesOf.store(digest, bytes)
        await carryOut(parts, decide, first)
        return (await metadata.get(key)) !== undefined
      })
    },
    tag: async (name, tag, { at, ...manifest }) => {
      guard()
      const { digest } = manifest
      let outcome: 'set' | 'known' | 'no-manifest' = 'known'
      const decide = async (): Promise<ManifestPlan> => {
        outcome = 'known'
        if (await wasTagged(name, tag)) return nothing(name)
        const isHere = (await metadata.get(manifestRows.key(name, digest))) !== undefined
        const plan = isHere ? await planManifest(name, manifest, { at, tags: [tag] }) : undefined
        if (plan?.change !== undefined) outcome = 'set'
        else if (!isHere && (await notGone(name, digest)) !== undefined) outcome = 'no-manifest'
        return plan ?? nothing(name)
      }
      await locks.run(digest, () => carryOut(parts, decide))
      return outcome
    },
    forget: async (name, digest) => {
      guard()
      await locks.run(digest, () => metadata.commit({ put: [forgottenRows.row([name, digest], true)] }))
    },
    remember: async (name, digest) => metadata.commit({ remove: [forgottenRows.key(name, digest)] }),
  }
}

interface TakenBytes {
  readonly how: 'shared' | 'linked' | 'copied'
  /** Bytes. */
  readonly size: number
}

function resting(reader: BlobReader, rest: () => Promise<void>): BlobReader {
  return {
    ...reader,
    read: async (target, position) => {
      await rest()
      return reader.read(target, position)
    },
  }
}
