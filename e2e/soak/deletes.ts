import type { Random } from '../testing/random.ts'
import { type Asker, told } from './asker.ts'
import type { Blob } from './content.ts'
import type { Tally } from './counts.ts'
import type { Owned } from './look.ts'

/** Deletes what is there, and counts it. */
export class Deletes {
  readonly #asker: Asker
  readonly #tally: Tally
  readonly #random: Random

  constructor(asker: Asker, tally: Tally, random: Random) {
    this.#asker = asker
    this.#tally = tally
    this.#random = random
  }

  /** By its tag, which leaves the rest to the collector, or by its digest. */
  async image(owned: Owned): Promise<void> {
    if (this.#random.oneIn(2)) return this.tag(owned)
    if (await this.#isDone(`/v2/${owned.repository}/manifests/${owned.content.digest}`))
      this.#tally.add('manifestDeletes')
  }

  async tag({ repository, tag }: Pick<Owned, 'repository' | 'tag'>): Promise<void> {
    if (await this.#isDone(`/v2/${repository}/manifests/${tag}`)) this.#tally.add('tagDeletes')
  }

  async blob(repository: string, { digest }: Blob): Promise<void> {
    if (await this.#isDone(`/v2/${repository}/blobs/${digest}`)) this.#tally.add('blobDeletes')
  }

  /** False when there was nothing. */
  async #isDone(path: string): Promise<boolean> {
    const answer = await this.#asker.ask('DELETE', path)
    if (answer.status !== 202 && answer.status !== 404) throw new Error(told(answer))
    return answer.status === 202
  }
}
