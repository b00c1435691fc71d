import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../testing/random.ts'
import type { Asker } from './asker.ts'
import {
  type Blob,
  type BlobPool,
  blobOf,
  type Content,
  imageContent,
  indexContent,
  referrerContent,
} from './content.ts'
import type { Tally } from './counts.ts'
import type { Deletes } from './deletes.ts'
import { listTags, lookAtOwned, lookAtShared, type Owned } from './look.ts'
import { type SoakPlan, sharedRepositories, sharedTags } from './plan.ts'
import type { BlobPusher, Way } from './push-blob.ts'
import type { ContentPusher, Special } from './push-content.ts'
import { Reliance } from './reliance.ts'

export interface LaneParts {
  readonly plan: SoakPlan
  /** Says which lane of all clients it is, in names. */
  readonly name: string
  readonly asker: Asker
  readonly tally: Tally
  readonly random: Random
  readonly pool: BlobPool
  readonly blobs: BlobPusher
  readonly pusher: ContentPusher
  readonly deletes: Deletes
}

/** A blob in a repository of the lane's own that is about to be collected. */
interface Planted {
  readonly repository: string
  readonly blob: Blob
  readonly way: Way
  /** When the collector comes for it; milliseconds since the epoch. */
  readonly due: number
}

const [slots, quietRepositories] = [8, 6]
/** The collector looks again at what was leased at the end of the second in which the lease ends. */
const second = 1000

/** One thing after the other, chosen by a seed: pushes, and what other clients do meanwhile. */
export class Lane {
  readonly #parts: LaneParts
  /** By tags that only this lane moves. */
  readonly #owned = new Map<string, Owned>()
  readonly #repositories: readonly string[]
  readonly #planted: Planted[] = []
  #repository: string
  /** When it moves on, so that leases end. */
  #until = 0
  #made = 0

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#repositories = sharedRepositories(parts.plan)
    this.#repository = parts.random.pick(this.#repositories)
  }

  /** One push, and some of the rest. */
  async turn(): Promise<void> {
    const { random, plan } = this.#parts
    if (Date.now() >= this.#until) {
      this.#repository = random.pick(this.#repositories)
      this.#until = Date.now() + random.int(2 * plan.lease)
    }
    if (!(await this.reviveNext())) await this.#pushSomething()
    if (random.oneIn(3)) await this.#plant()
    if (random.oneIn(20)) await this.#abort()
    if (random.oneIn(4)) await this.#delete()
    if (random.oneIn(3)) await this.#pull()
    if (random.oneIn(60)) await this.#leave()
  }

  /** What is just being collected; false when there is nothing such. */
  async reviveNext(): Promise<boolean> {
    const now = Date.now()
    const at = this.#planted.findIndex(({ due }) => due <= now)
    const [planted] = at < 0 ? [] : this.#planted.splice(at, 1)
    if (planted !== undefined) await this.#revive(planted)
    return planted !== undefined
  }

  /** All that is owned, once more. */
  async lookAtAll(): Promise<void> {
    for (const owned of this.#owned.values()) await lookAtOwned(this.#parts.asker, this.#parts.tally, owned)
  }

  async #pushSomething(): Promise<void> {
    const { random } = this.#parts
    const chosen = random.int(100)
    if (chosen < 8) return this.#pushReferrer()
    if (chosen < 14) return this.#indexOwned()
    if (chosen < 26) return this.#pushAgain()
    const content = chosen < 33 ? this.#index([this.#image(), this.#image()]) : this.#image()
    await this.#pushTo(this.#repository, content)
  }

  /** Puts content under a tag of the lane in the place of what that led to. */
  async #pushTo(repository: string, content: Content, special?: Special): Promise<void> {
    const { random, pusher, tally, name, deletes } = this.#parts
    const tag = `${name}-${random.int(slots)}`
    const before = this.#owned.get(tag)
    if (before !== undefined && before.repository !== repository) await deletes.image(before)
    this.#owned.delete(tag)
    const shared = random.oneIn(8) ? [random.pick(sharedTags)] : []
    const references = [...(random.oneIn(6) ? [content.digest] : []), tag, ...shared]
    await pusher.push({ repository, content, references, special })
    this.#owned.set(tag, { repository, tag, content })
    tally.add('pushes')
    tally.add('moved', shared.length)
  }

  /** The tag of an image is set to an index of it, or the image is named by nothing for a while. */
  async #indexOwned(): Promise<void> {
    const { random, deletes } = this.#parts
    const owned = this.#pickOwned()
    if (owned === undefined || owned.content.children.length > 0) return this.#pushTo(this.#repository, this.#image())
    const { repository, tag } = owned
    const isUntagged = random.oneIn(2)
    const content = this.#index([isUntagged ? withoutReferrers(owned.content) : owned.content])
    this.#owned.delete(tag)
    if (isUntagged) await deletes.tag(owned)
    await this.#pushOwned({ repository, tag, content })
  }

  /** What was deleted a moment ago, while it is being collected. */
  async #pushAgain(): Promise<void> {
    const { random, deletes } = this.#parts
    const owned = this.#pickOwned()
    if (owned === undefined) return this.#pushTo(this.#repository, this.#image())
    const { repository, tag } = owned
    const content = withoutReferrers(owned.content)
    this.#owned.delete(tag)
    await deletes.tag(owned)
    await sleep(random.int(150))
    await this.#pushOwned({ repository, tag, content })
  }

  async #pushOwned(owned: Owned): Promise<void> {
    const { pusher, tally } = this.#parts
    const { repository, tag, content } = owned
    await pusher.push({ repository, content, references: [tag] })
    this.#owned.set(tag, owned)
    tally.add('pushes')
  }

  async #pushReferrer(): Promise<void> {
    const { random, pusher, tally, pool } = this.#parts
    const owned = this.#pickOwned()
    if (owned === undefined) return this.#pushTo(this.#repository, this.#image())
    const { repository, content: subject } = owned
    const content = referrerContent(this.#newName(), subject, pool.pick(random))
    await pusher.push({ repository, content, references: [content.digest] })
    subject.referrers.push(content)
    tally.add('pushes')
  }

  /** A blob that no manifest will name, where nothing else renews its lease. */
  async #plant(): Promise<void> {
    const { random, blobs, name, plan, pool } = this.#parts
    const way = random.pick<Way>(['head', 'mount', 'upload'])
    // Blobs are deleted only where no image is.
    const repository = `${way === 'head' ? 'calm' : 'quiet'}/${name}-${random.int(quietRepositories)}`
    const blob = random.oneIn(2) ? pool.pick(random) : blobOf(this.#newName(), 1000)
    await blobs.push({ repository, blob, way: 'upload' }, new Reliance(plan.lease))
    const end = Math.ceil((Date.now() + plan.lease) / second) * second
    this.#planted.push({ repository, blob, way, due: end + random.int(200) - 20 })
  }

  /** The same blob is asked for, mounted or pushed at the moment in which it is collected, or deleted. */
  async #revive({ repository, blob, way }: Planted): Promise<void> {
    const { random, deletes } = this.#parts
    const to = way === 'head' ? repository : this.#repository
    const content = imageContent(this.#newName(), [blob])
    const pushed = this.#pushTo(to, content, { blob, way, from: random.oneIn(4) ? undefined : repository })
    const deleted = way !== 'head' && random.oneIn(3) ? deletes.blob(repository, blob) : undefined
    await Promise.all([pushed, deleted])
  }

  /** The blobs of an image whose manifest never comes. */
  async #abort(): Promise<void> {
    const { pusher, tally, plan } = this.#parts
    const push = { repository: this.#repository, content: this.#image(), references: [] }
    await pusher.pushBlobs(push, new Reliance(plan.lease))
    tally.add('aborted')
  }

  async #leave(): Promise<void> {
    const { blobs, random } = this.#parts
    await blobs.leave(this.#repository, blobOf(this.#newName(), 3000), random.oneIn(2))
  }

  async #delete(): Promise<void> {
    const { random, deletes } = this.#parts
    const owned = random.oneIn(4) ? undefined : this.#pickOwned()
    if (owned === undefined) return deletes.tag({ repository: this.#repository, tag: random.pick(sharedTags) })
    this.#owned.delete(owned.tag)
    await deletes.image(owned)
  }

  async #pull(): Promise<void> {
    const { asker, tally, random } = this.#parts
    const owned = random.oneIn(3) ? undefined : this.#pickOwned()
    if (owned !== undefined) return lookAtOwned(asker, tally, owned)
    const repository = random.pick(this.#repositories)
    const tags = await listTags(asker, repository)
    tally.add('listings')
    for (const { tag } of this.#ownedIn(repository))
      if (!tags.includes(tag)) tally.fail('lost', `${repository}:${tag} is not listed`)
    if (tags.length > 0) await lookAtShared(asker, tally, { repository, tag: random.pick(tags) })
  }

  #ownedIn(repository: string): Owned[] {
    return [...this.#owned.values()].filter((owned) => owned.repository === repository)
  }

  #pickOwned(): Owned | undefined {
    return this.#owned.size === 0 ? undefined : this.#parts.random.pick([...this.#owned.values()])
  }

  #image(): Content {
    const { random, pool } = this.#parts
    const layers = Array.from({ length: 1 + random.int(2) }, () => pool.pick(random))
    return imageContent(this.#newName(), layers)
  }

  #index(children: readonly Content[]): Content {
    return indexContent(this.#newName(), children)
  }

  #newName(): string {
    const { name, plan } = this.#parts
    return `${plan.seed} ${name} ${this.#made++}`
  }
}

/** They may go with their subject. */
function withoutReferrers(content: Content): Content {
  return { ...content, children: content.children.map(withoutReferrers), referrers: [] }
}
