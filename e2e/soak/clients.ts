import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { ClientReport, Word } from './client.ts'
import { type Counts, faultsIn, sumOf } from './counts.ts'
import type { SoakPlan } from './plan.ts'

const program = join(import.meta.dirname, 'client.ts')

/** Client processes that run. */
export interface Clients {
  /** Of all of them, as last told. */
  counts(): Counts
  /** Resolves when all of them are done; rejects when one ended before that. */
  readonly done: Promise<void>
  tell(word: Word): void
  stop(): void
}

export interface ClientsOptions {
  /** Is told of faults, one line each. */
  readonly tell: (line: string) => void
  /** All end after the first fault. */
  readonly isOneEnough: boolean
}

/** Starts a process for each plan. */
export function startClients(plans: readonly SoakPlan[], { tell, isOneEnough }: ClientsOptions): Clients {
  const reports = new Map<number, ClientReport>()
  const processes = plans.map((plan) =>
    fork(program, [JSON.stringify(plan)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  )
  const tellAll = (word: Word): void => {
    for (const each of processes) if (each.connected) each.send(word, () => undefined)
  }
  const counts = (): Counts => sumOf([...reports.values()].map((report) => report.counts))
  const done = processes.map((child, i) =>
    untilDone(child, (report) => {
      reports.set(i, report)
      for (const message of report.messages) tell(`client ${i}: ${message}`)
      if (isOneEnough && faultsIn(counts()) > 0) tellAll('end')
    }),
  )
  return {
    counts,
    done: Promise.all(done).then(() => undefined),
    tell: tellAll,
    stop: () => {
      for (const child of processes) child.kill('SIGKILL')
    },
  }
}

function untilDone(child: ChildProcess, onReport: (report: ClientReport) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let isDone = false
  child.on('message', (report) => {
    onReport(report as ClientReport)
    isDone ||= (report as ClientReport).isDone
  })
  child.on('error', reject)
  child.on('exit', (code, signal) => {
    if (isDone) resolve()
    else reject(new Error(`a client ended with ${code ?? signal} before it was done`))
  })
  return promise
}
