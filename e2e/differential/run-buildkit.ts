import type { Buildkitd } from '../testing/buildkitd.ts'
import { tail } from '../testing/run.ts'
import type { BaseImages } from './base.ts'
import type { Case } from './cases.ts'

/** What a builder made of a case: an OCI layout folder, or the end of what it said when it refused. */
export type Outcome = { readonly layout: string } | { readonly refused: string }

/** One build: the context as made for this case, and an empty path for the result. */
export interface BuildInput {
  readonly one: Case
  readonly context: string
  readonly result: string
}

/**
 * Builds with BuildKit, without its cache (whose keys leave out file times), and without what it kept of other contexts:
 * it would change that copy into this context, and directories of one name would have the time of that change.
 */
export async function runBuildkit(input: BuildInput, daemon: Buildkitd, base: BaseImages): Promise<Outcome> {
  await daemon.buildctl(['prune', '--filter', 'type==source.local'])
  const output = await daemon.tryBuildctl([...common, ...given(input), ...bases(base), ...into(input.result)])
  return output.code === 0 ? { layout: input.result } : { refused: tail(output.stderr, 30) }
}

const common = ['build', '--frontend', 'dockerfile.v0', '--no-cache', '--progress', 'plain']

function given({ one, context }: BuildInput): string[] {
  const args = Object.entries(one.args).flatMap(([key, value]) => ['--opt', `build-arg:${key}=${value}`])
  const target = one.target === undefined ? [] : ['--opt', `target=${one.target}`]
  const folders = ['--local', `context=${context}`, '--local', `dockerfile=${context}`]
  return [...folders, '--opt', `filename=${one.buildkitFile}`, ...target, ...args]
}

function into(directory: string): string[] {
  return ['--output', `type=oci,dest=${directory},tar=false,compression=uncompressed`]
}

function bases(base: BaseImages): string[] {
  const named = [...base.digests].flatMap(([name, digest]) => ['--opt', `context:${name}=oci-layout://base@${digest}`])
  return ['--oci-layout', `base=${base.layout}`, ...named]
}
