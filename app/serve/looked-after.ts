import { hostname } from 'node:os'
import { systemClock } from '../../retention/clock.ts'
import type { Source } from '../../retention/facts.ts'
import type { DaemonListing, GcSource } from '../../retention/http/types.ts'
import { type MirrorJobs, startMirrorJobs } from '../../retention/mirror/mirror-jobs.ts'
import { readPolicy } from '../../retention/policy/read-policy.ts'
import type { Policy } from '../../retention/policy/types.ts'
import type { Inventory, Mirror, TrashKeeper } from '../../retention/ports.ts'
import type { OpenRetention } from '../../retention/run/open-retention.ts'
import type { DiskSpace } from '../../retention/run/parts.ts'
import { tallied } from '../../retention/run/tallied.ts'
import { checkCron } from '../../retention/schedule/cron.ts'
import { startScheduler } from '../../retention/schedule/scheduler.ts'
import type { Measured } from '../../retention/server/metrics.ts'
import type { Log } from '../../shared/log/log.ts'
import { openSource } from '../adapters/open-source.ts'
import { usePolicyFile } from './policy-file.ts'

/** What a policy is to look after, and how. */
export interface SourceWanted {
  readonly source: Source
  /** What it has, where it is a Docker daemon. */
  readonly daemon?: DaemonListing | undefined
  readonly inventory: (trash: TrashKeeper) => Inventory | Promise<Inventory>
  /** File with the policy, of the configuration in force; empty for none. */
  readonly policyFile: () => string
  /** Copies the images that the policy wants to be kept fresh. */
  readonly mirror: Mirror
  /** Of what is looked after, where that can be told. */
  readonly disk?: (() => Promise<DiskSpace>) | undefined
  readonly inUse?: GcSource['inUse']
}

/** A source that is looked after in this process. */
export interface LookedAfter {
  /** For the API. */
  readonly gc: GcSource
  readonly measured: Measured
  readonly snapshot: OpenRetention['snapshot']
  /** Begins to do by itself what the policy wants. */
  begin(): void
  /** Looks at the file with the policy again. */
  reload(): Promise<void>
  /** Tells what goes on to stop, and waits for it; nothing is begun any more. */
  stop(): Promise<void>
  /** Lets go of the state. */
  close(): Promise<void>
}

export interface LookingOptions {
  /** The data folder. */
  readonly root: string
  readonly log: Log
}

/** Opens what is remembered of a source. Errors: SERVER_BUSY, STORE_INVALID, those of the inventory. */
export async function lookAfter(wanted: SourceWanted, { root, log }: LookingOptions): Promise<LookedAfter> {
  const { source, daemon, inventory, disk } = wanted
  const opened = await openSource({ root, source, daemon: daemon?.name, inventory, checkCron, log, disk })
  const { service, tally, counted } = tallied(opened.service)
  const work = new Work({ ...wanted, service, jobs: opened.jobs, log, id: `${hostname()} ${root} ${source}` })
  return {
    gc: {
      service,
      inUse: wanted.inUse,
      mirror: { refreshNow: (image) => work.refreshNow(image) },
      daemon: daemon && { ...daemon, remove: async (names, by) => counted(opened.remove(names, by)) },
    },
    measured: { source, tally, status: () => service.status() },
    snapshot: opened.snapshot,
    begin: () => work.begin(),
    reload: () => work.usePolicyFile(),
    stop: () => work.stop(),
    close: () => service.close(),
  }
}

interface WorkParts extends SourceWanted, Pick<OpenRetention, 'jobs' | 'service'> {
  readonly id: string
  readonly log: Log
}

/** What goes on by itself, from the start to the stop. */
class Work {
  readonly #parts: WorkParts
  #begun: Promise<MirrorJobs | undefined> | undefined
  #isStopping = false
  #stopping: (() => Promise<void>) | undefined
  #known: { readonly version: number; readonly policy: Policy } | undefined

  constructor(parts: WorkParts) {
    this.#parts = parts
  }

  begin(): void {
    this.#begun ??= this.#begin()
  }

  async usePolicyFile(): Promise<void> {
    const { service, policyFile, log } = this.#parts
    const file = policyFile()
    if (file !== '') await usePolicyFile(service, file, log)
  }

  async refreshNow(image: string | undefined): Promise<void> {
    await (await this.#begun)?.refreshNow(image)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#begun
    await this.#stopping?.()
  }

  /** Never rejects: a file that cannot be used is told in the log. */
  async #begin(): Promise<MirrorJobs | undefined> {
    await this.usePolicyFile()
    if (this.#isStopping) return undefined
    const { id, service, jobs: book, mirror, disk, log } = this.#parts
    const policy = async (): Promise<Policy> => this.#policy()
    const common = { clock: systemClock, book, policy, log }
    const scheduler = startScheduler({
      ...common,
      id,
      run: (options) => service.run('schedule', options),
      purge: () => service.purge('due', 'schedule'),
      diskFree: disk && (async () => percentFree(await disk())),
    })
    const jobs = startMirrorJobs({ ...common, mirror })
    this.#stopping = async () => {
      await Promise.all([scheduler.close(), jobs.close()])
    }
    return jobs
  }

  /** In force now; read once for each version. */
  async #policy(): Promise<Policy> {
    const { service, source } = this.#parts
    const { version, text } = await service.policies.show()
    if (this.#known?.version === version) return this.#known.policy
    const read = readPolicy(text, { checkCron, source })
    if (!('policy' in read)) throw new Error(`version ${version} of the policy cannot be read`)
    this.#known = { version, policy: read.policy }
    return read.policy
  }
}

function percentFree({ free, size }: DiskSpace): number {
  return size === 0 ? 100 : (free / size) * 100
}
