import type { BuildEvent } from '../../builder/solve/events.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { escapeControls } from '../cli/json-text.ts'
import { version } from '../cli/version.ts'
import type { Outcome, Progress } from './types.ts'
import { createUtf8Pieces, type OutputPiece, type Utf8Pieces } from './utf8-pieces.ts'

/** Raised when a member changes its meaning or goes; new members and types may come without. */
const schema = 1

type Line = { readonly type: string } & Readonly<Record<string, unknown>>

/** One JSON object in each line, for programs; docs/progress.md describes them. `now` tells the time. */
export function rawJsonProgress(write: (line: string) => void, now: () => Date = () => new Date()): Progress {
  const outputs = new Map<number, StepOutput>()
  const tell = ({ type, ...members }: Line): void => {
    write(`${escapeControls(JSON.stringify({ type, time: now().toISOString(), ...members }))}\n`)
  }
  tell({ type: 'started', schema, version: version() })
  return {
    emit(event) {
      for (const line of linesOf(event, outputs)) tell(line)
    },
    close: () => undefined,
    finish(outcome) {
      tell(lastLine(outcome))
      return true
    },
  }
}

interface StepOutput {
  readonly stdout: Utf8Pieces
  readonly stderr: Utf8Pieces
}

function linesOf(event: BuildEvent, outputs: Map<number, StepOutput>): Line[] {
  if (event.type === 'step-output') {
    const output = outputs.get(event.step) ?? { stdout: createUtf8Pieces(), stderr: createUtf8Pieces() }
    outputs.set(event.step, output)
    return outputLine(event, output[event.stream].add(event.bytes))
  }
  if (!('elapsed' in event)) return [event]
  const rest = 'step' in event ? restOf(event.step, outputs) : []
  return [...rest, { ...event, elapsed: Number(event.elapsed.toFixed(3)) }]
}

function outputLine({ step, stream }: { step: number; stream: string }, piece: OutputPiece | undefined): Line[] {
  return piece === undefined ? [] : [{ type: 'step-output', step, stream, ...piece }]
}

function restOf(step: number, outputs: Map<number, StepOutput>): Line[] {
  const output = outputs.get(step)
  outputs.delete(step)
  if (output === undefined) return []
  return (['stdout', 'stderr'] as const).flatMap((stream) => outputLine({ step, stream }, output[stream].end()))
}

function lastLine(outcome: Outcome): Line {
  if ('error' in outcome) return { type: 'error', ...describeError(outcome.error) }
  if ('done' in outcome) return { type: 'result', ...outcome.done }
  const { imageID, manifestDigest, tags, wroteToStdout } = outcome.result
  return { type: 'result', imageID, manifestDigest, tags, wroteToStdout }
}

function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof IbuildError)) return { message: String(error) }
  const { code, message, hint, location } = error
  return { code, message, hint, location }
}
