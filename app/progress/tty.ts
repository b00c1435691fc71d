import { StringDecoder } from 'node:string_decoder'
import { styleText } from 'node:util'
import { createLogUpdate } from 'log-update'
import type { BuildEvent, EmitEvent } from '../../builder/solve/events.ts'
import { fit } from './fit.ts'
import { followTransfer, type RunningTransfers } from './follow-transfer.ts'
import { liveLines, type Screen, tailLength } from './live-lines.ts'
import { seconds } from './plain.ts'
import { sanitize } from './sanitize.ts'
import { transferLine } from './transfer-line.ts'

const refreshMilliseconds = 80
/** Of a line without end the last characters are kept. */
const longestRest = 4096

const endings = { 'step-done': '+', 'step-failed': '!', 'step-cancelled': '-' } as const

interface RunningStep {
  readonly title: string
  /** Why it was not in the cache. */
  readonly reason: string | undefined
  readonly started: number
  /** Keeps the bytes of a character that is not complete yet. */
  readonly decoder: StringDecoder
  tail: string[]
  rest: string
}

export interface LiveProgress {
  readonly emit: EmitEvent
  /** Takes the live view away and gives the cursor back. */
  readonly close: () => void
}

/** A live view: ended steps scroll by as lines, running ones show their time and the last lines they printed. */
export function ttyProgress(stream: NodeJS.WriteStream): LiveProgress {
  screenOf(stream)
  const view = createLogUpdate(stream)
  const running: Running = { steps: new Map(), transfers: new Map() }
  let isDrawn = false
  const draw = (): void => {
    const lines = linesOf(running, screenOf(stream))
    if (lines.length > 0) view(lines.join('\n'))
    else if (isDrawn) view.clear()
    isDrawn = lines.length > 0
  }
  const timer = setInterval(draw, refreshMilliseconds)
  timer.unref()
  return {
    emit(event) {
      const line = update(event, running, screenOf(stream).columns)
      if (line !== undefined) {
        view.persist(line)
        isDrawn = false
      }
      if (event.type !== 'step-output' && event.type !== 'transfer-progress') draw()
    },
    close() {
      clearInterval(timer)
      view.clear()
      view.done()
    },
  }
}

/**
 * What is not known is the size of an old terminal; that of a new one may come as 0. The stream is told so: the view asks it
 * itself, and would break lines after each character, and take none of them away.
 */
function screenOf(stream: NodeJS.WriteStream): Screen {
  stream.columns ||= 80
  stream.rows ||= 24
  return { columns: stream.columns, rows: stream.rows }
}

interface Running {
  readonly steps: Map<number, RunningStep>
  readonly transfers: RunningTransfers
}

/** Steps take the rows that transfers leave. */
function linesOf({ steps: runningSteps, transfers }: Running, { columns, rows }: Screen): string[] {
  const room = Math.max(1, rows - 1 - (runningSteps.size > 0 ? 1 : 0))
  const bars = [...transfers.values()].slice(0, room).map((transfer) => transferLine(transfer, columns))
  if (runningSteps.size === 0) return bars
  const now = performance.now()
  const steps = [...runningSteps.values()].map(({ title, started, tail, rest }) => {
    return { title, elapsed: now - started, tail: [...tail, sanitize(rest)] }
  })
  return [...liveLines(steps, { columns, rows: rows - bars.length }), ...bars]
}

/** Takes an event in; gives the line that stays on the screen, if it ends something. */
function update(event: BuildEvent, { steps: running, transfers }: Running, columns: number): string | undefined {
  switch (event.type) {
    case 'step-started':
      running.set(event.step, startedStep(event))
      return undefined
    case 'step-output':
      addOutput(running.get(event.step), event.bytes)
      return undefined
    case 'step-cached':
      return fit(` = ${sanitize(event.title)}`, event.sameAs === undefined ? '  cached' : '  same as another', columns)
    case 'step-done':
    case 'step-failed':
    case 'step-cancelled': {
      const reason = running.get(event.step)?.reason
      running.delete(event.step)
      return endedLines(event, reason, columns)
    }
    case 'transfer-started':
    case 'transfer-progress':
    case 'transfer-done':
    case 'transfer-failed': {
      const line = followTransfer(event, transfers)
      return line === undefined ? undefined : fit(` . ${line}`, '', columns)
    }
    case 'notice':
      return ` . ${sanitize(event.message)}`
    case 'warning':
      return ` ? ${event.warning.rule}: ${sanitize(event.warning.message)} (line ${event.warning.location.startLine})`
  }
}

type Ended = Extract<BuildEvent, { type: keyof typeof endings }>

/** A second line, less bright, says why the step ran. */
function endedLines(event: Ended, reason: string | undefined, columns: number): string {
  const note = event.type === 'step-done' && event.unchanged === true ? '  same result as before' : ''
  const line = fit(` ${endings[event.type]} ${sanitize(event.title)}`, `${note}  ${seconds(event.elapsed)}`, columns)
  return reason === undefined ? line : `${line}\n${styleText('dim', fit(`     ${reason}`, '', columns))}`
}

function startedStep({ title: text, reason: why }: Extract<BuildEvent, { type: 'step-started' }>): RunningStep {
  const title = sanitize(text)
  // With --no-cache that is the reason of each and every step.
  const reason = why === undefined || why.code === 'no-cache' ? undefined : sanitize(why.text)
  return { title, reason, started: performance.now(), decoder: new StringDecoder('utf8'), tail: [], rest: '' }
}

function addOutput(step: RunningStep | undefined, bytes: Uint8Array): void {
  if (step === undefined) return
  const lines = (step.rest + step.decoder.write(bytes)).split('\n')
  step.rest = (lines.pop() ?? '').slice(-longestRest)
  step.tail = [...step.tail, ...lines.slice(-2 * tailLength).map(sanitize)].slice(-2 * tailLength)
}
