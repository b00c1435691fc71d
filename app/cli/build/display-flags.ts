import type { FlagGroup } from './flag-group.ts'

/** What the command shows while it builds; read by the command. */
export interface DisplayFlags {
  readonly progress?: string
  readonly quiet?: boolean
}

export const displayFlags: FlagGroup<DisplayFlags> = {
  declare: (parser) =>
    parser
      .option('--progress <kind>', 'auto, tty, plain, rawjson or quiet (default: IBUILD_PROGRESS, else auto)')
      .option('-q, --quiet', 'print the image ID only'),
  toOptions: () => ({}),
}
