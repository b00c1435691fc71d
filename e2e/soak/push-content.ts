import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../testing/random.ts'
import { type Asker, type TimedAnswer, told } from './asker.ts'
import type { Blob, Content } from './content.ts'
import type { Tally } from './counts.ts'
import type { BlobPusher, Way } from './push-blob.ts'
import { Reliance } from './reliance.ts'

/** A blob that is pushed in a way of its own. */
export interface Special {
  readonly blob: Blob
  readonly way: Way
  readonly from?: string | undefined
}

export interface ContentPush {
  readonly repository: string
  readonly content: Content
  /** Digest or tags under which the manifest is put, one after the other. */
  readonly references: readonly string[]
  readonly special?: Special | undefined
}

export interface PusherParts {
  readonly asker: Asker
  readonly tally: Tally
  readonly random: Random
  readonly blobs: BlobPusher
  /** Milliseconds. */
  readonly lease: number
}

/** A push that is late every time is one on a machine that does not get on. */
const mostTries = 20

/** Pushes whole images, with pauses in which the collector may do what it must not. */
export class ContentPusher {
  readonly #parts: PusherParts
  /** Where this client has seen a blob last. */
  readonly #seen = new Map<string, string>()

  constructor(parts: PusherParts) {
    this.#parts = parts
  }

  /** Resolves when the manifest is acknowledged under all references, with all that it names. */
  async push(push: ContentPush, of?: Reliance): Promise<boolean> {
    const { tally, lease } = this.#parts
    for (let tries = 0; tries < mostTries; tries++) {
      const reliance = new Reliance(lease, of)
      const answer = await this.#pushOnce(push, reliance)
      if (answer === undefined) return true
      const isRefused = answer.status === 400 && /"(?:MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN)"/.test(answer.body.toString())
      if (answer.status !== 201 && !isRefused) throw new Error(told(answer))
      if (reliance.isHeld) tally.fail('refused', told(answer))
      else tally.add('late')
    }
    throw new Error(`${push.repository}: no push of ${push.content.digest} came through`)
  }

  /** The blobs alone. */
  async pushBlobs({ repository, content, special }: ContentPush, reliance: Reliance): Promise<void> {
    const { blobs, random } = this.#parts
    for (const blob of content.blobs) {
      const way = random.pick(ways)
      const from = random.oneIn(4) ? undefined : this.#seen.get(blob.digest)
      const chosen = special?.blob.digest === blob.digest ? special : { way, from }
      await blobs.push({ repository, blob, way: chosen.way, from: chosen.from }, reliance)
      this.#seen.set(blob.digest, repository)
    }
  }

  /** Undefined when all went well; else the answer that says otherwise, or came too late to rely on it. */
  async #pushOnce(push: ContentPush, reliance: Reliance): Promise<TimedAnswer | undefined> {
    const { repository, content, references } = push
    for (const child of content.children) await this.#pushChild(repository, child, reliance)
    await this.pushBlobs(push, reliance)
    for (const reference of references) {
      await this.#pause()
      const answer = await this.#put(repository, reference, content)
      reliance.told(answer)
      // An image is refused when something is missing; an index is not.
      if (answer.status !== 201 || (!reliance.isHeld && content.children.length > 0)) return answer
    }
    return undefined
  }

  async #pushChild(repository: string, child: Content, reliance: Reliance): Promise<void> {
    const { asker, tally } = this.#parts
    const answer = await asker.ask('HEAD', `/v2/${repository}/manifests/${child.digest}`)
    if (answer.status === 200) {
      reliance.told(answer)
      tally.add('known')
    } else if (answer.status === 404) {
      await this.push({ repository, content: child, references: [child.digest] }, reliance)
    } else throw new Error(told(answer))
  }

  #put(repository: string, reference: string, { mediaType, bytes }: Content): Promise<TimedAnswer> {
    const headers = { 'Content-Type': mediaType }
    return this.#parts.asker.ask('PUT', `/v2/${repository}/manifests/${reference}`, { headers, body: bytes })
  }

  /** Mostly none; sometimes long enough for several rounds of the collector, and short enough for the lease. */
  async #pause(): Promise<void> {
    const { random, lease } = this.#parts
    if (random.oneIn(4)) await sleep(random.int(30))
    else if (random.oneIn(12)) await sleep(random.int(lease / 2))
  }
}

const ways: readonly Way[] = ['head', 'head', 'head', 'mount', 'upload']
