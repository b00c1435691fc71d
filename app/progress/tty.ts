import { createLogUpdate } from 'log-update'
import type { BuildEvent, EmitEvent } from '../../builder/solve/events.ts'
import { seconds } from './plain.ts'
import { sanitize } from './sanitize.ts'

/** Lines of output shown below a running step. */
const tailLength = 5
const refreshMilliseconds = 80

const endings = { 'step-done': '+', 'step-failed': '!', 'step-cancelled': '-' } as const

interface LiveStep {
  readonly title: string
  readonly started: number
  tail: string[]
  rest: string
}

export interface LiveProgress {
  readonly emit: EmitEvent
  /** Takes the live view away and gives the cursor back. */
  close(): void
}

/** A live view: ended steps scroll by as lines, running ones show their time and the last lines they printed. */
export function ttyProgress(stream: NodeJS.WriteStream): LiveProgress {
  const view = createLogUpdate(stream)
  const running = new Map<number, LiveStep>()
  const draw = (): void => view(renderRunning(running, stream.columns ?? 80))
  const timer = setInterval(draw, refreshMilliseconds)
  timer.unref()
  return {
    emit(event) {
      const line = update(event, running, stream.columns ?? 80)
      if (line !== undefined) view.persist(line)
      if (event.type !== 'step-output') draw()
    },
    close() {
      clearInterval(timer)
      view.clear()
      view.done()
    },
  }
}

/** Takes an event in; gives the line that stays on the screen, if it ends something. */
function update(event: BuildEvent, running: Map<number, LiveStep>, columns: number): string | undefined {
  switch (event.type) {
    case 'step-started':
      running.set(event.step, { title: sanitize(event.title), started: performance.now(), tail: [], rest: '' })
      return undefined
    case 'step-output':
      addOutput(running.get(event.step), Buffer.from(event.bytes).toString('utf8'))
      return undefined
    case 'step-cached':
      return fit(` = ${sanitize(event.title)}`, '  cached', columns)
    case 'step-done': {
      running.delete(event.step)
      const end = event.unchanged === true ? '  same result as before' : ''
      return fit(` ${endings[event.type]} ${sanitize(event.title)}`, `${end}  ${seconds(event.elapsed)}`, columns)
    }
    case 'step-failed':
    case 'step-cancelled':
      running.delete(event.step)
      return fit(` ${endings[event.type]} ${sanitize(event.title)}`, `  ${seconds(event.elapsed)}`, columns)
    case 'notice':
      return ` . ${sanitize(event.message)}`
    case 'warning':
      return ` ? ${event.warning.rule}: ${sanitize(event.warning.message)} (line ${event.warning.location.startLine})`
  }
}

function addOutput(step: LiveStep | undefined, text: string): void {
  if (step === undefined) return
  const lines = (step.rest + text).split('\n')
  step.rest = (lines.pop() ?? '').slice(-4096)
  step.tail = [...step.tail, ...lines.map(sanitize)].slice(-tailLength)
}

function renderRunning(running: ReadonlyMap<number, LiveStep>, columns: number): string {
  const lines = [...running.values()].flatMap(({ title, started, tail, rest }) => [
    fit(` > ${title}`, `  ${seconds(performance.now() - started)}`, columns),
    ...[...tail, sanitize(rest)]
      .filter((line) => line !== '')
      .slice(-tailLength)
      .map((line) => fit(`   | ${line}`, '', columns)),
  ])
  return lines.join('\n')
}

/** One line of the terminal: what does not fit is cut from `text`, so that `end` is always there. */
function fit(text: string, end: string, columns: number): string {
  const room = Math.max(10, columns - 1 - end.length)
  const characters = Array.from(text)
  return (characters.length > room ? `${characters.slice(0, room - 3).join('')}...` : text) + end
}
