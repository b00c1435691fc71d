import { StringDecoder } from 'node:string_decoder'
import type { BuildEvent, EmitEvent } from '../../builder/solve/events.ts'
import { followTransfer, type RunningTransfers } from './follow-transfer.ts'
import { sanitize } from './sanitize.ts'

/** One line per event, for logs: `#3 [build 2/4] RUN make`, `#3 0.123 output`, `#3 DONE 0.4s`. */
export function plainProgress(write: (text: string) => void): EmitEvent {
  const steps = new Map<number, StepLog>()
  const transfers: RunningTransfers = new Map()
  return (event) => {
    write(describe(event, { steps, transfers }))
  }
}

interface Logs {
  readonly steps: Map<number, StepLog>
  readonly transfers: RunningTransfers
}

interface StepLog {
  readonly started: number
  /** Keeps the bytes of a character that is not complete yet. */
  readonly decoder: StringDecoder
  /** Output not yet ended by a line feed. */
  rest: string
}

function describe(event: BuildEvent, { steps, transfers }: Logs): string {
  switch (event.type) {
    case 'step-started':
      steps.set(event.step, { started: performance.now(), decoder: new StringDecoder('utf8'), rest: '' })
      return `#${event.step} ${sanitize(event.title)}\n${missLine(event)}`
    case 'step-cached':
      return `#${event.step} ${sanitize(event.title)}\n#${event.step} ${event.sameAs === undefined ? 'CACHED' : `SAME AS #${event.sameAs}`}\n\n`
    case 'step-output':
      return outputLines(event.step, event.bytes, steps.get(event.step))
    case 'step-done':
      return `${flush(event.step, steps)}#${event.step} DONE ${seconds(event.elapsed)}${unchangedNote(event)}\n\n`
    case 'step-failed':
      return `${flush(event.step, steps)}#${event.step} ERROR after ${seconds(event.elapsed)}\n\n`
    case 'step-cancelled':
      return `${flush(event.step, steps)}#${event.step} CANCELLED\n\n`
    case 'transfer-started':
    case 'transfer-progress':
    case 'transfer-done':
    case 'transfer-failed': {
      const line = followTransfer(event, transfers)
      return line === undefined ? '' : `${line}\n`
    }
    case 'notice':
      return `${sanitize(event.message)}\n`
    case 'warning':
      return `warning: ${event.warning.rule}: ${sanitize(event.warning.message)} (line ${event.warning.location.startLine})\n`
  }
}

/** What never ends a line is shown in pieces of this length, so that memory stays bounded. */
const longestLine = 64 * 1024

function outputLines(step: number, bytes: Uint8Array, log: StepLog | undefined): string {
  if (log === undefined) return ''
  const lines = (log.rest + log.decoder.write(bytes)).split('\n')
  log.rest = lines.pop() ?? ''
  if (log.rest.length > longestLine) {
    lines.push(log.rest)
    log.rest = ''
  }
  const time = ((performance.now() - log.started) / 1000).toFixed(3)
  return lines.map((line) => `#${step} ${time} ${sanitize(line)}\n`).join('')
}

function missLine({ step, reason }: Extract<BuildEvent, { type: 'step-started' }>): string {
  return reason === undefined ? '' : `#${step} MISS ${sanitize(reason.text)}\n`
}

function unchangedNote({ unchanged }: { readonly unchanged?: boolean }): string {
  return unchanged === true ? ', same result as before: what follows may come from the cache' : ''
}

function flush(step: number, steps: Map<number, StepLog>): string {
  const log = steps.get(step)
  return log === undefined || log.rest === '' ? '' : outputLines(step, Buffer.from('\n'), log)
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)}s`
}
