import type { ImageSigner } from '../../../builder/ports.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { Command } from '../arguments.ts'
import { checkSignFormat } from '../trust/sign-format.ts'
import type { SignFlags, SignScope } from './sign-types.ts'

/** Declares {@link SignFlags}. */
export function declareSignFlags(parser: Command): Command {
  return parser
    .option('--sign', 'sign what is pushed, and only then move its tags')
    .option('--sign-format <format>', 'with --sign: notary, cosign or both (default: notary)')
    .option('--cosign-key <id>', 'with --sign-format: key for cosign, as of ibuild trust sign')
    .option('--trust-dir <dir>', 'with --sign: folder of the key store (default: trust beside config.json of docker)')
    .option('--passphrase-file <file>', 'with --sign: its first line unlocks all keys that no variable is about')
}

/** Errors: USAGE for what does not go together. */
export function checkSignFlags({ sign, signFormat, cosignKey }: SignFlags): void {
  const format = checkSignFormat(signFormat ?? 'notary', '--sign-format')
  if (sign !== true && signFormat !== undefined)
    throw new IbuildError('USAGE', '--sign-format says how to sign: add --sign')
  if (format === 'notary' && cosignKey !== undefined)
    throw new IbuildError('USAGE', '--cosign-key needs --sign-format cosign or both')
}

/** Who signs what is pushed; undefined when nobody does. The code for it is loaded when it is asked for something. */
export function signerFor(flags: SignFlags, scope: SignScope): Required<ImageSigner> | undefined {
  if (flags.sign !== true) return undefined
  let opened: Promise<Required<ImageSigner>> | undefined
  const once = async (): Promise<Required<ImageSigner>> =>
    (opened ??= import('./sign-pushed.ts').then(({ pushSigner }) => pushSigner(flags, scope)))
  return {
    checkSign: async (...args) => (await once()).checkSign(...args),
    sign: async (...args) => (await once()).sign(...args),
  }
}
