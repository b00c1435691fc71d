import type { FlagGroup } from './flag-group.ts'

/** What the command shows while it builds; read by the command. */
export interface DisplayFlags {
  readonly progress: string
  readonly quiet?: boolean
}

export const displayFlags: FlagGroup<DisplayFlags> = {
  declare: (parser) =>
    parser
      .option('--progress <kind>', 'auto, tty, plain or quiet', 'auto')
      .option('-q, --quiet', 'print the image ID only'),
  toOptions: () => ({}),
}
