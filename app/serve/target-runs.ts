import { hostname } from 'node:os'
import { systemClock } from '../../retention/clock.ts'
import type { Policy } from '../../retention/policy/types.ts'
import type { RetentionService } from '../../retention/run/types.ts'
import { startScheduler } from '../../retention/schedule/scheduler.ts'
import type { Target } from '../../retention/server/config/target-kind.ts'
import { createJobBook } from '../../retention/state/jobs.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { openState } from '../../retention/state/open-state.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import type { Log } from '../../shared/log/log.ts'
import { targetsSocket } from '../adapters/retention-parts.ts'
import { serveRows } from './rows-socket.ts'

/** Runs of registries elsewhere, begun from here. */
export interface TargetRuns {
  stop(): Promise<void>
}

export interface TargetOptions {
  /** The data folder. */
  readonly root: string
  readonly targets: readonly Target[]
  /** The API of one. */
  readonly connect: (target: Target) => Promise<RetentionService>
  readonly log: Log
}

/** The trash of a registry elsewhere is looked after there. */
const nothing: Pick<Policy, 'triggers' | 'trash'> = { triggers: [], trash: { keep: 0, purgeOnDiskBelow: 0 } }

/** Errors: SERVER_BUSY, STORE_INVALID. */
export async function startTargetRuns({ root, targets, connect, log }: TargetOptions): Promise<TargetRuns> {
  if (targets.length === 0) return { stop: async () => undefined }
  await makeDataRoot(root)
  const onNotice = (text: string): void => log.warn(text)
  await using opened = new AsyncDisposableStack()
  const rows = await openState({ folder: retentionLayout(root).targets, onNotice })
  opened.defer(async () => rows.close())
  opened.defer(await serveRows(targetsSocket(root), async () => rows.snapshot(), log))
  const schedulers = targets.map((target) => {
    const { url, schedule } = target
    const run = async (options: Parameters<RetentionService['run']>[1]): ReturnType<RetentionService['run']> => {
      const service = await connect(target)
      try {
        const made = await service.run('schedule', options)
        log.info('a registry elsewhere ran its policy', { url, run: made.id, state: made.state, removed: made.removed })
        return made
      } finally {
        await service.close()
      }
    }
    return startScheduler({
      id: `${hostname()} ${root} ${url}`,
      clock: systemClock,
      book: createJobBook(rows, url),
      policy: async () => ({ schedule, ...nothing }),
      run,
      purge: async () => undefined,
      log,
    })
  })
  const running = opened.move()
  return {
    async stop() {
      await Promise.all(schedulers.map((scheduler) => scheduler.close()))
      await running.disposeAsync()
    },
  }
}
