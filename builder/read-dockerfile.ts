import { IbuildError, type SourceLocation } from '../shared/base/errors.ts'
import type { BuildOptions } from './build-types.ts'
import { applyCheck, parseCheckOptions } from './dockerfile/check-options.ts'
import { checkFrontend } from './dockerfile/frontend.ts'
import { parseDockerfile } from './dockerfile/parse.ts'
import type { Dockerfile } from './dockerfile/types.ts'
import { tellManyRecords } from './layers/many-records.ts'
import type { DockerfileText } from './solve/build-input.ts'
import type { EmitEvent } from './solve/events.ts'

/** Build args that stand for a directive of the Dockerfile (D05, D07). */
const syntaxArg = 'BUILDKIT_SYNTAX'
const checkArg = 'BUILDKIT_DOCKERFILE_CHECK'
/** Value of {@link syntaxArg} for the frontend that is built in. */
const builtIn = 'dockerfile.v0'

/** Bytes of a text from which on its parsing leaves much behind. */
const longText = 128 * 1024

/** Parses the Dockerfile. Errors: DOCKERFILE_SYNTAX, NOT_SUPPORTED for a foreign frontend. */
export function readDockerfile({ bytes, file }: DockerfileText, { buildArgs }: BuildOptions): Dockerfile {
  const syntax = buildArgs?.get(syntaxArg)
  if (syntax !== undefined && syntax !== builtIn) checkFrontend(syntax, argLocation(syntaxArg, syntax))
  if (bytes.length > longText) tellManyRecords()
  return parseDockerfile(bytes, file)
}

/** Shows the findings that the check directive leaves. Errors: CHECK_FAILED when it makes them errors. */
export function reportWarnings(dockerfile: Dockerfile, { buildArgs }: BuildOptions, emit: EmitEvent): void {
  const given = buildArgs?.get(checkArg)
  const text = given ?? dockerfile.directives.check ?? ''
  const options = parseCheckOptions(text, argLocation(checkArg, text))
  const { warnings, failing } = applyCheck(dockerfile.warnings, { options, local: dockerfile.directives.local })
  for (const warning of warnings) emit({ type: 'warning', warning })
  if (failing.length > 0) throw new IbuildError('CHECK_FAILED', `the Dockerfile breaks rules: ${failing.join(', ')}`)
}

function argLocation(name: string, value: string): SourceLocation {
  return { file: '--build-arg', startLine: 1, endLine: 1, text: `${name}=${value}` }
}
