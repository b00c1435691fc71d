import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../testing/random.ts'
import { type Asker, type TimedAnswer, told } from './asker.ts'
import type { Blob } from './content.ts'
import type { Tally } from './counts.ts'
import type { Reliance } from './reliance.ts'

/** How a client comes to a blob that the repository has: HEAD first, a mount, or an upload at once. */
export type Way = 'head' | 'mount' | 'upload'

export interface BlobPush {
  readonly repository: string
  readonly blob: Blob
  readonly way: Way
  /** Where it may be mounted from; without it the server may look for itself. */
  readonly from?: string | undefined
}

/** Pushes blobs as clients do, each of the ways in turn where one does not lead to it. */
export class BlobPusher {
  readonly #asker: Asker
  readonly #tally: Tally
  readonly #random: Random

  constructor(asker: Asker, tally: Tally, random: Random) {
    this.#asker = asker
    this.#tally = tally
    this.#random = random
  }

  /** Resolves when the server has said that the repository has the blob. */
  async push(push: BlobPush, reliance: Reliance): Promise<void> {
    const { repository, blob, way } = push
    if (way === 'head' && (await this.#isThere(push, reliance))) return
    const location = way !== 'upload' && !this.#random.oneIn(3) ? await this.#mount(push, reliance) : undefined
    if (location === 'mounted') return
    for (let start = location; ; start = undefined) {
      const ended = await this.#upload(start ?? (await this.#start(repository, reliance)), blob, reliance)
      if (ended.status === 201) break
      // An upload may not have outlived the server that was killed.
      if (!this.#asker.isKilled) throw new Error(told(ended))
      await sleep(20)
    }
    this.#tally.add('uploaded')
    this.#tally.add('uploadedBytes', blob.bytes.length)
  }

  /** Begins an upload that nobody ends; with `isCut` the connection breaks in the middle of a body. */
  async leave(repository: string, blob: Blob, isCut: boolean): Promise<void> {
    const { location } = await this.#begin(`/v2/${repository}/blobs/uploads/`)
    const half = blob.bytes.subarray(0, blob.bytes.length >> 1)
    this.#tally.add('left')
    if (!isCut) return void (await this.#asker.ask('PATCH', location, { headers: octets, body: half }))
    const outgoing = this.#asker.wire.open('PATCH', location, { headers: octets, body: blob.bytes })
    const closed = new Promise((resolve) => outgoing.on('error', () => undefined).on('close', resolve))
    outgoing.write(half)
    await sleep(5)
    outgoing.destroy()
    await closed
  }

  async #isThere({ repository, blob }: BlobPush, reliance: Reliance): Promise<boolean> {
    const answer = await this.#asker.ask('HEAD', `/v2/${repository}/blobs/${blob.digest}`)
    if (answer.status === 404) return false
    if (answer.status !== 200) throw new Error(told(answer))
    reliance.told(answer)
    this.#tally.add('skipped')
    return true
  }

  async #mount({ repository, blob, from }: BlobPush, reliance: Reliance): Promise<string> {
    const query = new URLSearchParams({ mount: blob.digest, ...(from !== undefined && { from }) })
    const { answer, location } = await this.#begin(`/v2/${repository}/blobs/uploads/?${query.toString()}`)
    reliance.told(answer)
    if (answer.status === 202) return location
    this.#tally.add('mounted')
    return 'mounted'
  }

  async #start(repository: string, reliance: Reliance): Promise<string> {
    const { answer, location } = await this.#begin(`/v2/${repository}/blobs/uploads/`)
    reliance.told(answer)
    return location
  }

  async #begin(path: string): Promise<{ readonly answer: TimedAnswer; readonly location: string }> {
    const answer = await this.#asker.ask('POST', path)
    if (answer.status !== 202 && answer.status !== 201) throw new Error(told(answer))
    return { answer, location: answer.header('location') ?? '' }
  }

  /** In one request, or in pieces. */
  async #upload(location: string, { digest, bytes }: Blob, reliance: Reliance): Promise<TimedAnswer> {
    const pieces = this.#random.oneIn(3) ? 1 + this.#random.int(2) : 0 // that many PATCHes before the end
    const cut = pieces === 0 ? 0 : bytes.length - this.#random.int(2) * (bytes.length >> 2)
    let at = location
    for (let i = 0; i < pieces; i++) {
      const body = bytes.subarray(Math.floor((cut * i) / pieces), Math.floor((cut * (i + 1)) / pieces))
      const answer = await this.#asker.ask('PATCH', at, { headers: octets, body })
      if (answer.status !== 202) return answer
      reliance.told(answer)
      at = answer.header('location') ?? at
    }
    const url = `${at}${at.includes('?') ? '&' : '?'}digest=${digest}`
    const answer = await this.#asker.ask('PUT', url, { headers: octets, body: bytes.subarray(cut) })
    reliance.told(answer)
    return answer
  }
}

const octets = { 'Content-Type': 'application/octet-stream' }
