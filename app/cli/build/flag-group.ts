import type { BuildOptions } from '../../../builder/build-types.ts'
import type { Command } from '../arguments.ts'

/** Some flags of `ibuild build` that belong together: how they are declared, and what the builder gets from them. */
export interface FlagGroup<Flags> {
  /** Declares the flags; `Flags` is what commander then gives. */
  declare(parser: Command): Command
  /** Errors: USAGE. */
  toOptions(flags: Flags): Partial<BuildOptions> | Promise<Partial<BuildOptions>>
}
