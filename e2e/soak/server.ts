import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addCounts, type GcCounts, type GcRound, type GcStatus, noCounts } from '../../registry/gc/types.ts'
import { adminCall } from '../registry/server/client.ts'
import { type End, type Served, startServe } from '../testing/serve.ts'
import { ibuildScript, sourceScript } from '../testing/workspace.ts'
import type { Weakness } from './weakness.ts'

/** What is switched off is edited as the sources are loaded, so not in a command that was bundled. */
const weakener = join(import.meta.dirname, 'weaken.ts')

export interface SoakServerOptions {
  readonly root: string
  /** Milliseconds. */
  readonly lease: number
  /** What is switched off in it. */
  readonly without?: Weakness | undefined
}

/** `ibuild serve` with a collector as eager as it can be configured; it keeps its address when it is started anew. */
export class SoakServer {
  readonly #options: SoakServerOptions
  #served: Served | undefined
  #host = '127.0.0.1:0'
  /** Of processes that have ended, as far as it was seen. */
  #collected: GcCounts = noCounts

  constructor(options: SoakServerOptions) {
    this.#options = options
  }

  get base(): string {
    return `http://${this.#host}`
  }

  async start(): Promise<void> {
    const { root, lease, without } = this.#options
    const command = without === undefined ? [ibuildScript] : ['--import', weakener, sourceScript]
    const ibuild = [process.execPath, ...command]
    const env = { ...eager(lease), SOAK_WITHOUT: without }
    this.#served = await startServe(root, { env, args: ['--listen', this.#host], ibuild })
    this.#host = this.#served.host
  }

  async stop(signal?: NodeJS.Signals): Promise<End> {
    this.#collected = await this.collected()
    const end = await this.#served?.close(signal)
    this.#served = undefined
    return end ?? 0
  }

  log(): string {
    return this.#served?.log() ?? ''
  }

  /** What was collected since the first start. */
  async collected(): Promise<GcCounts> {
    if (this.#served === undefined) return this.#collected
    return addCounts(this.#collected, (await this.#status()).total)
  }

  /** How many looks of the collector are due; undefined while no server answers. */
  async due(): Promise<number | undefined> {
    return this.#status().then(
      ({ queue }) => queue.due,
      () => undefined,
    )
  }

  /** Collects until nothing waits to be looked at; so many milliseconds at most. */
  async collectAll(patience: number): Promise<boolean> {
    for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
      await this.#admin<GcRound>('/v1/gc/run', 'POST', 'true')
      const { queue, held } = await this.#status()
      if (queue.length === 0 && held.length === 0) return true
    }
    return false
  }

  async #status(): Promise<GcStatus> {
    return this.#admin<GcStatus>('/v1/gc')
  }

  async #admin<T>(path: string, method = 'GET', body?: string): Promise<T> {
    const { status, value } = await adminCall(this.#options.root, path, { method, ...(body !== undefined && { body }) })
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(value)}`)
    return value as T
  }
}

/** Nothing waits longer than it must: the lease alone keeps what a push has not named yet. */
function eager(lease: number): Readonly<Record<string, string>> {
  return {
    IBUILD_GC_DELAY: '0',
    IBUILD_REGISTRY_GC_LEASE: `${lease}ms`,
    IBUILD_REGISTRY_GC_UNTAGGED_KEEP: '0',
    IBUILD_REGISTRY_HISTORY_KEEP: '0',
    IBUILD_REGISTRY_UPLOADS_IDLE: '5s',
    IBUILD_REGISTRY_LOG_REQUESTS: 'failures',
  }
}
