import { errnoOf, IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { sanitize } from '../progress/sanitize.ts'

/** Longest piece of a Dockerfile shown with an error, in lines. */
const maxLines = 12

/** How an error is shown to a person: what, where with the lines themselves, and what to do. */
export function describeError(error: unknown): string {
  if (!(error instanceof IbuildError)) return describeUnexpected(error)
  const [first = '', ...rest] = error.message.split('\n').map(sanitize)
  const lines = [`ibuild: ${first} [${error.code}]`, ...rest]
  if (error.location !== undefined) lines.push(...describeLocation(error.location))
  if (error.hint !== undefined) lines.push(`hint: ${sanitize(error.hint)}`)
  return `${lines.join('\n')}\n`
}

function describeLocation({ file, startLine, endLine, text }: SourceLocation): string[] {
  const range = startLine === endLine ? `${startLine}` : `${startLine}-${endLine}`
  const lines = text.split('\n').map((line, i) => `  ${String(startLine + i).padStart(4)} | ${sanitize(line)}`)
  const shown = lines.length > maxLines ? [...lines.slice(0, maxLines), '       | ...'] : lines
  return [`${sanitize(file)}:${range}`, ...shown]
}

function describeUnexpected(error: unknown): string {
  if (!(error instanceof Error)) return `ibuild: ${sanitize(String(error))}\n`
  const errno = errnoOf(error)
  if (errno !== undefined) {
    const advice = errnoAdvice[errno]
    return `ibuild: ${sanitize(error.message)}\n${advice === undefined ? '' : `hint: ${advice}\n`}`
  }
  const stack = (error.stack ?? error.message).split('\n').map(sanitize).join('\n')
  return `ibuild: unexpected error: ${stack}\nhint: This is a defect of ibuild; please report it with the lines above.\n`
}

const errnoAdvice: Readonly<Record<string, string>> = {
  EACCES: 'Run it as a user who may, or name a data folder of your own with --root.',
  EPERM: 'Run it as a user who may, or name a data folder of your own with --root.',
  EROFS:
    'Of a data folder that is read-only things can be listed, compared, saved and exported only; --root names another one.',
}

/** The exit code that an error ends the process with: 1 failed, 2 wrong usage, 3 refused. */
export function exitCodeOf(error: unknown): number {
  return error instanceof IbuildError ? error.exitCode : 1
}
