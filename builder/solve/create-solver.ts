import { availableParallelism } from 'node:os'
import { createSlots } from '../../shared/base/slots.ts'
import type { BuildOptions } from '../build-types.ts'
import type { BuildContext } from '../context/types.ts'
import type { Executor } from '../exec/types.ts'
import { underStepLock } from '../store/step-lock.ts'
import type { Store } from '../store/types.ts'
import type { EmitEvent } from './events.ts'
import { createLayerAccess } from './layer-access.ts'
import type { SharedLayer, Solver } from './solver.ts'
import { originOf } from './step-facts.ts'

export interface SolverInput {
  readonly store: Store
  readonly context: BuildContext
  readonly options: BuildOptions
  readonly emit: EmitEvent
  /** SOURCE_DATE_EPOCH in milliseconds. */
  readonly epoch: number | undefined
  /** Makes the executor; called once, when the first RUN needs it. */
  readonly createExecutor: () => Promise<Executor>
}

/** The services that the steps of one build share. */
export function createSolver({ store, context, options, emit, epoch, createExecutor }: SolverInput): Solver {
  const failures: unknown[] = []
  const abort = new AbortController()
  const signal = AbortSignal.any([abort.signal, ...(options.signal === undefined ? [] : [options.signal])])
  let executor: Promise<Executor> | undefined
  const noCacheFlag = cacheRule(options)
  let number = 0
  const backlog = createBacklog()
  return {
    store,
    context,
    emit,
    signal,
    layers: createLayerAccess(store, signal),
    executor: () => (executor ??= createExecutor()),
    limits: options.limits ?? {},
    extraHosts: options.extraHosts ?? [],
    now: () => new Date(epoch ?? Date.now()),
    nowNs: () => BigInt(epoch ?? Date.now()) * 1_000_000n,
    latest: epoch === undefined ? undefined : BigInt(epoch) * 1_000_000n,
    nextNumber: () => ++number,
    mayUseCache: (stage) => noCacheFlag(stage) === undefined,
    noCacheFlag,
    origin: originOf(options),
    explain: options.explain,
    once: createOnce(),
    withClaim: (key, work) => underStepLock(store, { key, signal }, work),
    later: backlog.later,
    async settle() {
      await backlog.settle()
      await executor?.then(
        (opened) => opened.close(),
        () => undefined,
      )
    },
    runSlot: createSlots(Math.max(2, availableParallelism())),
    fail(error) {
      failures.push(error)
      abort.abort(error)
    },
    firstFailure: () => failures[0],
  }
}

function cacheRule({ noCache, noCacheStages = [] }: BuildOptions): Solver['noCacheFlag'] {
  const excluded = new Set(noCacheStages.map((name) => name.toLowerCase()))
  return ({ name, index }) => {
    if (noCache === true) return '--no-cache'
    const isExcluded = excluded.has(String(index)) || (name !== undefined && excluded.has(name))
    return isExcluded ? '--no-cache-filter' : undefined
  }
}

function createOnce(): Solver['once'] {
  const running = new Map<string, Promise<SharedLayer>>()
  return ({ number, key }, work) => {
    const known = running.get(key)
    if (known !== undefined) return known
    const started = work().then((layer) => ({ layer, number }))
    running.set(key, started)
    return started
  }
}

/** Long enough for the next step to have started its command, which it then waits for. */
const backlogDelay = 10

function createBacklog(): Pick<Solver, 'later' | 'settle'> {
  const waiting = new Map<() => Promise<void>, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  const start = (work: () => Promise<void>): void => {
    clearTimeout(waiting.get(work))
    // What cannot be removed is left to a later command, which clears the folders of ended processes.
    if (waiting.delete(work)) running.add(work().catch(() => undefined))
  }
  return {
    later(work) {
      waiting.set(
        work,
        setTimeout(() => start(work), backlogDelay),
      )
    },
    async settle() {
      for (const work of waiting.keys()) start(work)
      await Promise.all(running)
    },
  }
}
