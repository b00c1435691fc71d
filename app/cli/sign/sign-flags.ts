import type { ImageSigner } from '../../../builder/ports.ts'
import type { Command } from '../arguments.ts'

/** Flags of commands that sign what they push. */
export interface SignFlags {
  readonly sign?: boolean
  readonly trustDir?: string
  readonly passphraseFile?: string
}

/** Declares {@link SignFlags}. */
export function declareSignFlags(parser: Command): Command {
  return parser
    .option('--sign', 'sign what is pushed, and only then move its tags')
    .option('--trust-dir <dir>', 'with --sign: folder of the key store (default: trust beside config.json of docker)')
    .option('--passphrase-file <file>', 'with --sign: its first line unlocks all keys that no variable is about')
}

export interface SignScope {
  /** Data folder. */
  readonly root: string
  readonly onNotice: (message: string) => void
}

/** Who signs what is pushed; undefined when nobody does. The code for it is loaded when something was pushed. */
export function signerFor(flags: SignFlags, scope: SignScope): ImageSigner | undefined {
  if (flags.sign !== true) return undefined
  return {
    sign: async (...args) => (await import('./sign-pushed.ts')).signPushed({ ...flags, ...scope }, ...args),
  }
}
