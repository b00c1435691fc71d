import type { BuildOptions, OutputSpec } from '../../../builder/build-types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { collect } from '../arguments.ts'
import { dockerHost } from '../docker-host.ts'
import { collectAnnotations, parseAnnotation } from './annotations.ts'
import type { FlagGroup } from './flag-group.ts'
import { parseOutput, type StoreOutput } from './output-spec.ts'
import { splitPair } from './pairs.ts'

/** Names, labels, annotations and outputs of the image. */
export interface OutputFlags {
  readonly tag?: string[]
  readonly label?: string[]
  readonly annotation?: string[]
  readonly output?: string[]
  readonly load?: boolean
  readonly push?: boolean
  /** Read by the command. */
  readonly iidfile?: string
  /** Read by the command. */
  readonly metadataFile?: string
}

export const outputFlags: FlagGroup<OutputFlags> = {
  declare: (parser) =>
    parser
      .option('-t, --tag <name>', 'name of the image (repeat for several)', collect)
      .option('--label <key=value>', 'label of the image (repeat)', collect)
      .option(
        '--annotation <[type:]key=value>',
        'annotation of the manifest, or with type manifest-descriptor of its entry in archives (repeat)',
        collect,
      )
      .option(
        '-o, --output <spec>',
        'what to write beside the image in the store: type=oci|docker|local|tar|image|registry,dest=PATH, of archives and registry also compression=gzip|zstd|uncompressed and compression-level=N (repeat)',
        collect,
      )
      .option('--load', 'load the image into the Docker daemon (the same as -o type=docker)')
      .option('--push', 'push the image under its names (the same as -o type=registry)')
      .option('--iidfile <path>', 'write the image ID to this file')
      .option('--metadata-file <path>', 'write digests, names and outputs to this file as JSON'),
  toOptions: ({ tag = [], label = [], annotation = [], output = [], load, push }) => {
    const parsed = output.map(parseOutput)
    if (process.stdout.isTTY && parsed.some((each) => 'dest' in each && each.dest === '-')) throw onTerminal()
    return {
      labels: new Map(label.map((text) => splitPair(text, ''))),
      ...imageOptions(tag, annotation, parsed.filter(isStoreOutput)),
      outputs: [
        ...parsed.filter((each): each is OutputSpec => !isStoreOutput(each)),
        ...parsed.flatMap((each) => (isStoreOutput(each) ? (each.push ?? []) : [])),
        ...(load === true ? [{ type: 'daemon', host: dockerHost() } as const] : []),
        ...(push === true ? [{ type: 'registry' } as const] : []),
      ],
      stdout: process.stdout,
    }
  },
}

function onTerminal(): IbuildError {
  return new IbuildError('USAGE', '--output: an archive is not written to a terminal', {
    hint: 'Give dest=PATH, or redirect stdout.',
  })
}

function isStoreOutput(output: OutputSpec | StoreOutput): output is StoreOutput {
  return output.type === 'image'
}

function imageOptions(
  tags: readonly string[],
  annotations: readonly string[],
  outputs: readonly StoreOutput[],
): Pick<BuildOptions, 'tags' | 'annotations'> {
  const all = [...annotations.flatMap(parseAnnotation), ...outputs.flatMap((output) => output.annotations)]
  return {
    tags: [...new Set([...tags, ...outputs.flatMap(({ names }) => names)])],
    ...(all.length > 0 && { annotations: collectAnnotations(all) }),
  }
}
