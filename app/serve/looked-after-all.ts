import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Source } from '../../retention/facts.ts'
import { serveOwner } from '../../retention/http/owner-socket.ts'
import type { GcSource } from '../../retention/http/types.ts'
import { retentionMetrics } from '../../retention/server/metrics.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { isAnswered } from '../../shared/web/admin/socket.ts'
import { retentionSocket } from '../adapters/retention-parts.ts'
import { type LookedAfter, type LookingOptions, lookAfter, type SourceWanted } from './looked-after.ts'
import { serveRows } from './rows-socket.ts'

/** All sources that are looked after in this process. */
export interface LookedAfterAll {
  readonly sources: ReadonlyMap<Source, GcSource>
  /** In the text format of Prometheus. */
  metrics(): Promise<string>
  /** Lets whoever may read the data folder ask and order, over a socket in it. Errors: SERVER_BUSY where another process does. */
  serveOwner(version: string): Promise<void>
  /** Begins to do by itself what policies want. */
  begin(): void
  /** Looks at the files with policies again. */
  reload(): Promise<void>
  /** Tells what goes on to stop, and waits for it; nothing is begun any more. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Each source has an owner, and one process answers for all of a data folder. */
function otherServer(root: string): IbuildError {
  return new IbuildError('SERVER_BUSY', `another server looks after sources in ${root}`, {
    hint: 'Let one process look after all of them, or give this one a data folder of its own.',
  })
}

/** Errors: SERVER_BUSY, STORE_INVALID; then nothing is open. */
export async function lookAfterAll(wanted: readonly SourceWanted[], options: LookingOptions): Promise<LookedAfterAll> {
  await using opened = new AsyncDisposableStack()
  const all: LookedAfter[] = []
  for (const one of wanted) {
    const made = await lookAfter(one, options)
    opened.defer(() => made.close())
    opened.defer(
      await serveRows(retentionSocket(options.root, one.source, one.daemon?.name), made.snapshot, options.log),
    )
    all.push(made)
  }
  const sources = new Map(all.map(({ gc, measured }) => [measured.source, gc]))
  const running = opened.move()
  return {
    sources,
    metrics: () => retentionMetrics(all.map(({ measured }) => measured)),
    async serveOwner(version) {
      const { adminSocket } = retentionLayout(options.root)
      await mkdir(dirname(adminSocket), { recursive: true, mode: 0o700 })
      if (await isAnswered(adminSocket)) throw otherServer(options.root)
      running.defer(await serveOwner({ sources: () => sources, version, log: options.log }, adminSocket))
    },
    begin: () => all.forEach((one) => one.begin()),
    reload: async () => {
      await Promise.all(all.map((one) => one.reload()))
    },
    stop: async () => {
      await Promise.all(all.map((one) => one.stop()))
    },
    close: () => running.disposeAsync(),
  }
}
