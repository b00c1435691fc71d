import { buffer } from 'node:stream/consumers'
import type { DockerfileSource } from '../../../builder/build-types.ts'
import { collect } from '../arguments.ts'
import type { FlagGroup } from './flag-group.ts'
import { splitPair } from './pairs.ts'

/** What is built: the Dockerfile, its target and its variables. */
export interface SourceFlags {
  readonly file?: string
  readonly target?: string
  readonly buildArg?: string[]
  readonly pull?: boolean
}

export const sourceFlags: FlagGroup<SourceFlags> = {
  declare: (parser) =>
    parser
      .option('-f, --file <path>', 'Dockerfile (default: Dockerfile in the context), - for stdin')
      .option('--target <stage>', 'stage to build')
      .option(
        '--build-arg <key=value>',
        'value of an ARG; without a value it comes from the environment (repeat)',
        collect,
      )
      .option('--pull', 'ask the registries for all images, also for those that the store has'),
  toOptions: async ({ file, target, buildArg = [], pull }) => ({
    dockerfile: await dockerfileOf(file),
    ...(target !== undefined && { target }),
    buildArgs: buildArgsOf(buildArg),
    ...(pull === true && { pull }),
  }),
}

async function dockerfileOf(file: string | undefined): Promise<DockerfileSource> {
  if (file === undefined) return { kind: 'default' }
  if (file === '-') return { kind: 'bytes', bytes: await buffer(process.stdin) }
  return { kind: 'path', path: file }
}

/**
 * `K=V`, or `K` alone for the value in the environment; a K that is not there is left out (A09). SOURCE_DATE_EPOCH is taken
 * from the environment in any case.
 */
function buildArgsOf(texts: readonly string[]): Map<string, string> {
  const epoch = process.env['SOURCE_DATE_EPOCH']
  const given = new Map(epoch === undefined ? [] : [['SOURCE_DATE_EPOCH', epoch]])
  for (const text of texts) {
    const [key, value] = splitPair(text, undefined)
    const effective = value ?? process.env[key]
    if (effective !== undefined) given.set(key, effective)
  }
  return given
}
