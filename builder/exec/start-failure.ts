import { isIbuildError } from '../../shared/base/errors.ts'
import { canRun, describeForeign, formatPlatform, hostPlatform, type Platform } from '../../shared/oci/platform.ts'

/** What a shell exits with when it does not find a command, or may not execute it. */
export type StartFailureCode = 126 | 127

/** Why the runtime could not start the command itself. */
export interface StartFailure {
  readonly exitCode: StartFailureCode
  /** What became of the command: `was not found`. */
  readonly what: string
  readonly hint: string
}

type Kind = 'missing' | 'interpreter' | 'denied' | 'format'

/** As runc and crun say it, which have no codes; the first that fits. */
const patterns: readonly (readonly [Kind, RegExp])[] = [
  ['interpreter', /^exec (?:container process .*|\/[^"]*): no such file|exec user process caused.*no such file/is],
  ['missing', /\bexec(?:utable)?\b.*(?:not found|no such file)/is],
  ['format', /\bexec(?:utable)?\b.*exec format/is],
  ['denied', /\bexec(?:utable)?\b.*(?:permission denied|not permitted|is a directory)/is],
]

/** What was to be started, and the platform that its image is for. */
export interface StartedProgram {
  readonly program: string
  readonly platform: Platform
}

/** Tells why the runtime could not start a program; undefined when the error is another one. */
export function startFailure(error: unknown, { program, platform }: StartedProgram): StartFailure | undefined {
  if (!isIbuildError(error, 'RUNTIME_FAILED')) return undefined
  const [kind] = patterns.find(([, pattern]) => pattern.test(error.message)) ?? []
  return kind === undefined ? undefined : describe(kind, JSON.stringify(program), platform)
}

function describe(kind: Kind, program: string, platform: Platform): StartFailure {
  const executable = `${program} must be an executable file of the image, named by its path or found in PATH.`
  switch (kind) {
    case 'missing':
      return { exitCode: 127, what: 'was not found', hint: executable }
    case 'denied':
      return { exitCode: 126, what: 'cannot be executed', hint: executable }
    case 'interpreter':
      return {
        exitCode: 127,
        what: 'is there, but not what runs it',
        hint: `The image lacks the interpreter in the first line (#!) of ${program}, where a carriage return at its end counts too, or the loader of the C library that it was linked for.`,
      }
    case 'format':
      return {
        exitCode: 126,
        what: 'cannot be executed',
        hint: formatHint(program, platform),
      }
  }
}

function formatHint(program: string, platform: Platform): string {
  const host = hostPlatform()
  if (canRun(host, platform))
    return `${program} is no program for ${formatPlatform(host)}, and no script that begins with #!.`
  const foreign = describeForeign(host, platform)
  return `${foreign[0]?.toUpperCase()}${foreign.slice(1)}: take one for this machine, or install emulation (binfmt_misc).`
}

/** The exit code of a shell for an error that {@link startFailure} explains. */
export function startFailureCode(error: unknown): StartFailureCode | undefined {
  return startFailure(error, { program: '', platform: hostPlatform() })?.exitCode
}
