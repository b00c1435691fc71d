/** The library: what the command does, for programs. */
export { build } from '../builder/build.ts'
export type {
  BuildOptions,
  BuildResult,
  ContextSource,
  DockerfileSource,
  OutputSpec,
} from '../builder/build-types.ts'
export type { BuildEvent } from '../builder/solve/events.ts'
export type { ErrorCode } from '../shared/base/error-codes.ts'
export { IbuildError, isIbuildError, type SourceLocation } from '../shared/base/errors.ts'
