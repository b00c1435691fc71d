import type { BuildOptions, ContextSource } from '../../builder/build-types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type BuildFlags, flagGroups } from './build-flags.ts'

/** Flags as the builder wants them. Errors: USAGE. */
export async function toBuildOptions(context: string, flags: BuildFlags, root: string): Promise<BuildOptions> {
  if (context === '-' && flags.file === '-') {
    throw new IbuildError('USAGE', 'the context and the Dockerfile cannot both come from stdin')
  }
  const options: BuildOptions = { root, context: contextOf(context) }
  for (const group of flagGroups) Object.assign(options, await group.toOptions(flags))
  return options
}

function contextOf(context: string): ContextSource {
  if (context === '-') return { kind: 'stream', stream: process.stdin }
  if (/^(?:https?|git|ssh):\/\//.test(context) || context.startsWith('git@')) {
    throw new IbuildError('NOT_SUPPORTED', `a context from a URL is not supported yet: ${context}`, {
      hint: 'Fetch it first and give the folder, or pipe a tar into ibuild with - as context.',
    })
  }
  return { kind: 'directory', path: context }
}
