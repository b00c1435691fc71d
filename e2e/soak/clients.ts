import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { ClientReport } from './client.ts'
import { type Counts, sumOf } from './counts.ts'
import type { SoakPlan } from './plan.ts'

const program = join(import.meta.dirname, 'client.ts')

/** Client processes that run. */
export interface Clients {
  /** Of all of them, as last told. */
  counts(): Counts
  /** Resolves when all of them are done; rejects when one ended before that. */
  readonly done: Promise<void>
  stop(): void
}

/** Starts a process for each plan; `onMessage` is told of faults. */
export function startClients(plans: readonly SoakPlan[], onMessage: (message: string) => void): Clients {
  const reports = new Map<number, ClientReport>()
  const processes = plans.map((plan) =>
    fork(program, [JSON.stringify(plan)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  )
  const done = processes.map((child, i) =>
    untilDone(child, (report) => {
      reports.set(i, report)
      for (const message of report.messages) onMessage(`client ${i}: ${message}`)
    }),
  )
  return {
    counts: () => sumOf([...reports.values()].map(({ counts }) => counts)),
    done: Promise.all(done).then(() => undefined),
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
