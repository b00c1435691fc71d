import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { BlobService, RegistryService } from '../service/types.ts'
import type { BlobDriver, BlobReader } from '../storage/blob-types.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { createSlabs } from '../storage/intake/slabs.ts'
import { verifyContent } from '../storage/intake/verify-content.ts'
import { settingRows } from '../storage/rows.ts'
import { nextStored } from './next-blob.ts'
import { createPace } from './pace.ts'
import { parseState, type ScrubState, stateJson } from './state.ts'
import type { Scrubber, ScrubPass, ScrubSettings, ScrubStatus } from './types.ts'

export interface ScrubberOptions {
  readonly driver: Pick<BlobDriver, 'open'>
  readonly metadata: Pick<RowStore, 'get' | 'list' | 'commit'>
  readonly service: Pick<RegistryService, 'housekeep'> & { readonly blobs: Pick<BlobService, 'setAsideUnless'> }
  /** In force now. */
  readonly settings: () => ScrubSettings
  /** True while clients are served. */
  readonly isBusy: () => boolean
  readonly log: ScrubLog
  /** Milliseconds from the start to the first pass there ever is, and until one goes on that was under way. */
  readonly firstAfter?: number
  readonly resumeAfter?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

interface ScrubLog {
  readonly error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

const minute = 60_000
const stateKey = settingRows.key('scrub')
/** Milliseconds between looks whether a pass is due, as settings may change; and between times that its place is written down. */
const look = minute
const keptEvery = minute

/**
 * Scrubs until it is closed. What is found corrupt is looked at again under the lock of its digest, and set aside: then it
 * counts as missing, and the next push brings it back. In a read-only registry it is told of only.
 */
export function createScrubber(options: ScrubberOptions): Scrubber {
  const closed = new AbortController()
  const scrub = new Scrub(options, closed.signal)
  const running = scrub.run().catch((error: unknown) => {
    if (!closed.signal.aborted) options.log.error('the scrubber ended', { error })
  })
  return {
    status: () => scrub.status(),
    begin: () => scrub.begin(),
    close: async () => {
      closed.abort()
      await running
      await scrub.end()
    },
  }
}

type Result = 'intact' | 'corrupt' | 'missing'

class Scrub {
  readonly #options: ScrubberOptions
  readonly #signal: AbortSignal
  readonly #hashes = createHashPool(1)
  readonly #slabs = createSlabs()
  readonly #pace: (bytes: number) => Promise<void>
  readonly #now: () => number
  #state: ScrubState = {}
  #isRunning = false
  #isWanted = false
  #wake = (): void => undefined
  #keptAt = performance.now()
  #bytesRead = 0
  #foundCorrupt = 0

  constructor(options: ScrubberOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#now = options.now ?? Date.now
    this.#pace = createPace({ ...options, signal, elapsed: () => performance.now() })
  }

  status(): ScrubStatus {
    const { pass, last = null } = this.#state
    return {
      isRunning: this.#isRunning || this.#isWanted,
      settings: this.#options.settings(),
      pass: pass === undefined ? null : shown(pass),
      last,
      bytesRead: this.#bytesRead,
      foundCorrupt: this.#foundCorrupt,
    }
  }

  begin(): boolean {
    if (this.#options.settings().rate === 0) return false
    this.#isWanted = true
    this.#wake()
    return true
  }

  async run(): Promise<void> {
    const { metadata, firstAfter = 60 * minute, resumeAfter = minute } = this.#options
    this.#state = parseState(await metadata.get(stateKey))
    await this.#rest(this.#state.pass === undefined && this.#state.last === undefined ? firstAfter : resumeAfter)
    for (;;) {
      while (!this.#isDue()) await this.#rest(look)
      this.#isWanted = false
      await this.#passOrTell()
    }
  }

  async end(): Promise<void> {
    await this.#hashes.close()
    if (this.#state.pass !== undefined) await this.#keep()
  }

  #isDue(): boolean {
    const { rate, every } = this.#options.settings()
    if (rate === 0) return false
    const { pass, last } = this.#state
    if (this.#isWanted || pass !== undefined || last === undefined) return true
    // A clock that was set back may have the end lie ahead: then nobody knows how long ago it was.
    const idle = this.#now() - last.endedAt
    return idle >= every || idle < 0
  }

  /** Until the time is over, or a pass is wanted. */
  async #rest(time: number): Promise<void> {
    if (this.#isWanted) return
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    const signal = AbortSignal.any([this.#signal, woken.signal])
    await sleep(time, undefined, { signal, ref: false }).catch(() => undefined)
    this.#signal.throwIfAborted()
  }

  async #passOrTell(): Promise<void> {
    try {
      await this.#pass()
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#options.log.error('reading again what is stored broke off; it goes on in an hour', { error })
      await this.#rest(60 * minute)
    }
  }

  async #pass(): Promise<void> {
    const { metadata, log } = this.#options
    this.#isRunning = true
    try {
      let pass = this.#state.pass ?? { startedAt: this.#now(), blobs: 0, bytes: 0, corrupt: 0, missing: 0, after: '' }
      for (let next = await nextStored(metadata, pass.after); next !== undefined; ) {
        const before = this.#bytesRead
        const result = await this.#checkOrTell(next.digest)
        pass = after({ ...pass, bytes: pass.bytes + this.#bytesRead - before, after: next.key }, result)
        this.#state = { ...this.#state, pass }
        if (performance.now() - this.#keptAt > keptEvery) await this.#keep()
        next = await nextStored(metadata, pass.after)
      }
      this.#state = { last: { ...shown(pass), endedAt: this.#now() } }
      await this.#keep()
      log.info('all that is stored was read again', { ...shown(pass) })
    } finally {
      this.#isRunning = false
    }
  }

  /** What the system does not let be read counts as missing, and the pass goes on. */
  async #checkOrTell(digest: Digest): Promise<Result> {
    try {
      return await this.#check(digest)
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#options.log.error('a blob could not be read again', { digest, error })
      return 'missing'
    }
  }

  async #check(digest: Digest): Promise<Result> {
    const { service, log } = this.#options
    const read = await this.#read(digest)
    if (read !== 'corrupt') return read
    // Under the lock at full speed: somebody may push it again just now, or have done so.
    if (!(await service.blobs.setAsideUnless(digest, (reader) => this.#isIntact(digest, reader)))) return 'intact'
    this.#foundCorrupt++
    log.error('a blob is corrupt on the disk: the next push of it brings it back', { digest })
    return 'corrupt'
  }

  async #read(digest: Digest): Promise<Result> {
    const reader = await this.#options.driver.open(digest)
    if (reader === undefined) return 'missing'
    try {
      const onRead = async (count: number): Promise<void> => {
        this.#bytesRead += count
        await this.#pace(count)
      }
      return (await this.#isIntact(digest, reader, onRead)) ? 'intact' : 'corrupt'
    } finally {
      await reader.close()
    }
  }

  #isIntact(digest: Digest, reader: BlobReader, onRead?: (count: number) => Promise<void>): Promise<boolean> {
    return verifyContent(digest, reader, { hashes: this.#hashes, slabs: this.#slabs, signal: this.#signal, onRead })
  }

  async #keep(): Promise<void> {
    this.#keptAt = performance.now()
    const row = settingRows.row(['scrub'], stateJson(this.#state))
    await this.#options.service.housekeep(() => this.#options.metadata.commit({ put: [row], isMinor: true }))
  }
}

function after<Pass extends ScrubPass>(pass: Pass, result: Result): Pass {
  return {
    ...pass,
    blobs: pass.blobs + 1,
    corrupt: pass.corrupt + (result === 'corrupt' ? 1 : 0),
    missing: pass.missing + (result === 'missing' ? 1 : 0),
  }
}

function shown({ startedAt, blobs, bytes, corrupt, missing }: ScrubPass): ScrubPass {
  return { startedAt, blobs, bytes, corrupt, missing }
}
