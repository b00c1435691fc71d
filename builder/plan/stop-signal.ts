import { constants } from 'node:os'
import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** Signal numbers run to 64 (SIGRTMAX) on Linux. */
const maxSignal = 64

/** Checks a STOPSIGNAL: a name with or without SIG, RTMIN+n, RTMAX-n, or a number. The text is kept as written (CF08). */
export function parseSignal(text: string, location: SourceLocation): string {
  const name = text.toUpperCase().replace(/^SIG/, '')
  const number = /^\d+$/.test(text) ? Number(text) : undefined
  const valid = number === undefined ? isSignalName(name) : number >= 1 && number <= maxSignal
  if (valid) return text
  throw new IbuildError('DOCKERFILE_SYNTAX', `STOPSIGNAL: ${JSON.stringify(text)} is not a signal`, {
    location,
    hint: 'Write a name such as SIGTERM or a number from 1 to 64.',
  })
}

function isSignalName(name: string): boolean {
  const realtime = /^RT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name)
  if (realtime !== null) return Number(realtime[1] ?? realtime[2] ?? 0) <= 30
  return `SIG${name}` in constants.signals || name === 'CLD'
}
