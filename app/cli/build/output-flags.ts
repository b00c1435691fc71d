import { collect } from '../arguments.ts'
import type { FlagGroup } from './flag-group.ts'
import { parseOutput } from './output-spec.ts'
import { splitPair } from './pairs.ts'

/** Names, labels and outputs of the image. */
export interface OutputFlags {
  readonly tag?: string[]
  readonly label?: string[]
  readonly output?: string[]
  /** Read by the command. */
  readonly iidfile?: string
}

export const outputFlags: FlagGroup<OutputFlags> = {
  declare: (parser) =>
    parser
      .option('-t, --tag <name>', 'name of the image (repeat for several)', collect)
      .option('--label <key=value>', 'label of the image (repeat)', collect)
      .option(
        '-o, --output <spec>',
        'type=oci|docker|local|tar,dest=PATH, beside or instead of the store (repeat)',
        collect,
      )
      .option('--iidfile <path>', 'write the image ID to this file'),
  toOptions: ({ tag = [], label = [], output = [] }) => ({
    tags: tag,
    labels: new Map(label.map((text) => splitPair(text, ''))),
    outputs: output.map(parseOutput),
    stdout: process.stdout,
  }),
}
