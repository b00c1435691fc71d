import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { isIndexType } from '../../shared/oci/media-types.ts'
import { subjectOfTag } from '../protocol/companion-tags.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { ManifestService } from '../service/types.ts'
import { hasNoLayers, isArtifact, type ReadManifest } from './artifact.ts'
import type { Kin } from './kin.ts'
import type { Judge, Judgement, SignedContent } from './types.ts'
import type { Verdicts } from './verdicts.ts'

export interface ReachParts {
  readonly kin: Kin
  readonly manifests: Pick<ManifestService, 'get'>
  readonly verdicts: Verdicts
}

/** Within what one pull is judged. */
export interface Bounds {
  readonly judge: Judge
  readonly name: RepositoryName
  /** Of the signatures of the repository. */
  readonly version: string
}

/** Of a blob that nothing refers to. */
export const noReferrer: Judgement = {
  isSigned: false,
  reason: 'no manifest that may be pulled here refers to this blob',
}

/** Levels of indexes in indexes that are followed, and manifests that are looked at for one pull. */
const [deepest, mostLooks] = [8, 5000]

/** Whether content is allowed because of what is signed, directly or by what leads to it. */
export class Reach {
  readonly #parts: ReachParts
  readonly #bounds: Bounds
  #looks = 0

  /** For one pull. */
  constructor(parts: ReachParts, bounds: Bounds) {
    this.#parts = parts
    this.#bounds = bounds
  }

  /** A manifest that is asked for by a tag, or by its digest. */
  async manifest(wanted: SignedContent, manifest: ReadManifest): Promise<Judgement> {
    const { digest, tag } = wanted
    const signed = tag === undefined ? await this.#byDigest(wanted, 0) : await this.#judge(wanted)
    if (signed.isSigned) return signed
    // A tag that somebody chose is a name for something to be used: who could push there could name anything.
    const companion = tag === undefined ? this.#asReferrer(digest, manifest) : this.#asTagged(tag, manifest)
    return (await companion) ?? signed
  }

  /** A blob: some manifest that may be pulled must refer to it. */
  async blob(digest: Digest): Promise<Judgement> {
    const { kin } = this.#parts
    let last: Judgement | undefined
    for await (const user of kin.users(this.#bounds.name, digest)) {
      const found = await this.#byDigest({ digest: user, size: undefined, tag: undefined }, 0)
      const judgement = found.isSigned ? found : ((await this.#companionUser(user)) ?? found)
      if (judgement.isSigned) return judgement
      last = judgement
    }
    return last ?? noReferrer
  }

  /** Signed by its digest, or named by an index that is. */
  async #byDigest(content: SignedContent, depth: number): Promise<Judgement> {
    const { verdicts, kin } = this.#parts
    const key = { ...this.#bounds, what: `signed ${content.digest}` }
    const until = verdicts.find(this.#bounds.judge, key)
    if (until !== undefined) return { isSigned: true, until }
    const own = await this.#judge(content)
    if (own.isSigned || depth >= deepest) return own
    for await (const parent of kin.users(this.#bounds.name, content.digest)) {
      const found = await this.#byDigest({ digest: parent, size: undefined, tag: undefined }, depth + 1)
      if (!found.isSigned) continue
      verdicts.allow(this.#bounds.judge, key, found.until)
      return found
    }
    return own
  }

  async #judge(content: SignedContent): Promise<Judgement> {
    if (++this.#looks > mostLooks) return { isSigned: false, reason: 'too many manifests would have to be looked at' }
    return this.#bounds.judge.judge(this.#bounds.name, content)
  }

  /** What is about something that may be pulled, such as its signatures; undefined for all else. */
  async #asReferrer(digest: Digest, manifest: ReadManifest): Promise<Judgement | undefined> {
    const subject = await this.#parts.kin.subject(this.#bounds.name, digest)
    if (subject === undefined || !saysSo(manifest, isArtifact)) return undefined
    return signedOrNothing(await this.#byDigest({ digest: subject, size: undefined, tag: undefined }, 0))
  }

  /** The same by the tag, as clients set it that know nothing of subjects. */
  async #asTagged(tag: string, manifest: ReadManifest): Promise<Judgement | undefined> {
    const about = subjectOfTag(tag)
    if (about === undefined || !saysSo(manifest, about.isList ? isList : hasNoLayers)) return undefined
    return signedOrNothing(await this.#byDigest({ digest: about.subject, size: undefined, tag: undefined }, 0))
  }

  /** For a blob that a manifest refers to which may be pulled for what it is about. */
  async #companionUser(digest: Digest): Promise<Judgement | undefined> {
    const { kin } = this.#parts
    const { name } = this.#bounds
    const manifest = await this.#read(digest)
    if (manifest === undefined) return undefined
    const asReferrer = await this.#asReferrer(digest, manifest)
    if (asReferrer !== undefined) return asReferrer
    for await (const tag of kin.tags(name, digest)) {
      const asTagged = await this.#asTagged(tag, manifest)
      if (asTagged !== undefined) return asTagged
    }
    return undefined
  }

  async #read(digest: Digest): Promise<ReadManifest | undefined> {
    try {
      return await this.#parts.manifests.get(this.#bounds.name, { digest })
    } catch (error) {
      if (error instanceof RegistryError) return undefined
      throw error
    }
  }
}

/** Of what it names each is looked at by itself. */
function isList({ mediaType }: ReadManifest): boolean {
  return isIndexType(mediaType)
}

function signedOrNothing(judgement: Judgement): Judgement | undefined {
  return judgement.isSigned ? judgement : undefined
}

/** What cannot be read is not let through for what it may say. */
function saysSo(manifest: ReadManifest, about: (manifest: ReadManifest) => boolean): boolean {
  try {
    return about(manifest)
  } catch (error) {
    if (isIbuildError(error)) return false
    throw error
  }
}
