import { type Command, createParser } from './arguments.ts'
import { type CacheFlags, cacheFlags } from './build/cache-flags.ts'
import { type DisplayFlags, displayFlags } from './build/display-flags.ts'
import { type LayerFlags, layerFlags } from './build/layer-flags.ts'
import { type OutputFlags, outputFlags } from './build/output-flags.ts'
import { registryFlags } from './build/registry-flags.ts'
import { type RunFlags, runFlags } from './build/run-flags.ts'
import { signFlags } from './build/sign-flags.ts'
import { type SourceFlags, sourceFlags } from './build/source-flags.ts'
import { verifyFlags } from './build/verify-flags.ts'
import type { RegistryFlags } from './registry-client.ts'
import type { SignFlags } from './sign/sign-types.ts'
import type { VerifyFlags } from './verify/trust-choice.ts'

/** What commander gives for `ibuild build`. A flag is added in the file of its group below `build/`. */
export interface BuildFlags
  extends SourceFlags,
    OutputFlags,
    SignFlags,
    LayerFlags,
    CacheFlags,
    RunFlags,
    RegistryFlags,
    VerifyFlags,
    DisplayFlags {
  readonly root?: string
}

/** Groups in the order of the help text. */
export const flagGroups = [
  sourceFlags,
  outputFlags,
  signFlags,
  layerFlags,
  cacheFlags,
  runFlags,
  registryFlags,
  verifyFlags,
  displayFlags,
] as const

export function buildParser(): Command {
  const parser = createParser('build', 'Build an image from a Dockerfile').argument(
    '<context>',
    'folder with the files to build from, or - to read a Dockerfile or a tar from stdin',
  )
  return flagGroups.reduce((declared, group) => group.declare(declared), parser)
}
